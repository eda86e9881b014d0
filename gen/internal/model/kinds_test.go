package model

import (
	"go/types"
	"testing"
)

// TestEveryKindHasARow: a new kind needs a row in the table, and a row all columns that its
// shape asks for.
func TestEveryKindHasARow(t *testing.T) {
	for kind := range kindCount {
		facts := kind.Facts()
		missing := map[string]bool{}
		switch facts.Shape {
		case Scalar:
			missing["Lock"] = facts.Lock == ""
			missing["Proto, or Pair"] = facts.Proto == "" && !facts.Pair
			missing["Function"] = facts.Function == ""
			missing["Read, ReadFunction or EncodesItself"] = facts.Read == "" && facts.ReadFunction == "" && !facts.EncodesItself
			missing["ReadInto"] = facts.EncodesItself != (facts.ReadInto != "")
			missing["Live"] = facts.Memory != Unshared && facts.Live == ""
			missing["Wire"] = facts.Wire != Len && !facts.Packed
			missing["GoName"] = facts.Packed && facts.GoName == ""
			missing["Text"] = facts.Constant && facts.Text == ""
		case Record:
			missing["Lock"] = facts.Lock == ""
			missing["Memory"] = facts.Memory != SharedByParts
			missing["Wire"] = facts.Wire != Len
		case List, Table, Optional:
			missing["Memory"] = facts.Memory == Unshared
			missing["ReadInto"] = facts.EncodesItself != (facts.ReadInto != "")
			missing["Live"] = facts.Memory == Shared && facts.Live == ""
			missing["Wire"] = facts.Wire != Len
		default:
			t.Errorf("kind %d has a shape that there is not: %d", kind, facts.Shape)
		}
		missing["ZeroFunction"] = (facts.Zero == ZeroByFunction) != (facts.ZeroFunction != "")
		missing["Proto for its ProtoImport"] = facts.ProtoImport != "" && facts.Proto == ""
		for column, is := range missing {
			if is {
				t.Errorf("the row of kind %d lacks %s", kind, column)
			}
		}
	}
}

// TestRowsDiffer: two kinds that the lock calls alike could not be told apart.
func TestRowsDiffer(t *testing.T) {
	names := map[string]Kind{}
	for kind := range kindCount {
		name := kind.Facts().Lock
		if other, taken := names[name]; taken && name != "" {
			t.Errorf("kinds %d and %d are both %s in the lock", other, kind, name)
		}
		names[name] = kind
	}
}

// TestFloatsOf32Bits: they have a row of their own, which differs in what depends on the size.
func TestFloatsOf32Bits(t *testing.T) {
	short, long := (&Type{Go: types.Typ[types.Float32], Kind: Float}).Facts(), (&Type{Go: types.Typ[types.Float64], Kind: Float}).Facts()
	if short.Wire != Fixed32 || long.Wire != Fixed64 || short.Lock == long.Lock || short.Proto == long.Proto || short.GoName != "float32" {
		t.Errorf("of 32 bits %+v, of 64 %+v", short, long)
	}
	if short.Text != long.Text || short.ZeroFunction != long.ZeroFunction || !short.Packed {
		t.Errorf("of 32 bits %+v, of 64 %+v", short, long)
	}
}
