package emit

import (
	"fmt"
	"go/constant"
	"go/types"
	"math"
	"strconv"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// goType is t as code. An alias is kept where it can be named, as the user wrote
// it: what it stands for may be out of reach.
func (e *emitter) goType(t types.Type) *jen.Statement {
	if alias, ok := t.(*types.Alias); ok && model.Accessible(e.pkg, alias.Obj()) {
		return e.typeName(alias.Obj(), alias.TypeArgs())
	}
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if e.pkg.Scope().Lookup(t.Name()) != nil {
			e.fail(hides(e.pkg, t.Name()))
		}
		return jen.Id(t.Name())
	case *types.Named:
		return e.typeName(t.Obj(), t.TypeArgs())
	case *types.Slice:
		return jen.Index().Add(e.goType(t.Elem()))
	case *types.Array:
		return jen.Index(jen.Lit(int(t.Len()))).Add(e.goType(t.Elem()))
	case *types.Map:
		return jen.Map(e.goType(t.Key())).Add(e.goType(t.Elem()))
	case *types.Pointer:
		return jen.Op("*").Add(e.goType(t.Elem()))
	case *types.Chan:
		return e.channel(t)
	case *types.Signature:
		return jen.Func().Add(e.signature(t))
	case *types.Interface:
		return e.interfaceType(t)
	case *types.Struct:
		return e.structType(t)
	}
	e.fail(fmt.Sprintf("type %s cannot be named in generated code: declare a type of your own for it", t))
	return jen.Null()
}

func (e *emitter) typeName(object *types.TypeName, args *types.TypeList) *jen.Statement {
	name := jen.Id(object.Name())
	if object.Pkg() != nil && object.Pkg() != e.pkg {
		name = jen.Qual(object.Pkg().Path(), object.Name())
	}
	var types []jen.Code
	for arg := range args.Types() {
		types = append(types, e.goType(arg))
	}
	return name.Types(types...)
}

// isWireType says that t is the type that the runtime's functions for its kind take, and
// needs no conversion.
func isWireType(t *model.Type) bool {
	facts := t.Facts()
	if facts.GoPackage != "" {
		return model.IsNamed(t.Go, facts.GoPackage, facts.GoName)
	}
	basic, ok := types.Unalias(t.Go).(*types.Basic)
	return ok && basic.Name() == facts.GoName
}

// toWire is a value of type t as the runtime's functions take it:
//
//	int64(v.Count)
//	v.Hash[:]
//	&v.Site
func (e *emitter) toWire(t *model.Type, v operand) *jen.Statement {
	switch facts := t.Facts(); {
	case model.IsByteArray(t):
		return v.sliced()
	case facts.EncodesItself:
		return v.pointer()
	case facts.GoName == "" || isWireType(t):
		return v.value()
	case facts.GoPackage == "":
		return jen.Id(facts.GoName).Call(v.value())
	default:
		return jen.Qual(facts.GoPackage, facts.GoName).Call(v.value())
	}
}

// fromWire is what the runtime's functions return, as a value of type t:
//
//	Role(<value>)
func (e *emitter) fromWire(t *model.Type, value jen.Code) *jen.Statement {
	if isWireType(t) || isPredeclared(t, types.String) {
		return jen.Add(value)
	}
	return e.goType(t.Go).Call(value)
}

func isPredeclared(t *model.Type, kind types.BasicKind) bool {
	basic, ok := types.Unalias(t.Go).(*types.Basic)
	return ok && basic.Kind() == kind
}

// literal is a default, to be assigned to a t.
func (e *emitter) literal(t *model.Type, l *model.Literal) *jen.Statement {
	if l.Constant == nil {
		return e.fromWire(t, timeLiteral(l.Time))
	}
	if t.Kind != model.Duration {
		return constantLiteral(l.Constant, model.BasicOf(t))
	}
	n, _ := constant.Int64Val(constant.ToInt(l.Constant))
	d := durationLiteral(time.Duration(n))
	if isWireType(t) || n == 0 {
		return d
	}
	return e.goType(t.Go).Call(d)
}

// constantLiteral is an untyped constant that a basic type can hold.
func constantLiteral(value constant.Value, basic *types.Basic) *jen.Statement {
	if basic.Info()&types.IsFloat != 0 {
		bits := 64
		if basic.Kind() == types.Float32 {
			bits = 32
		}
		f, _ := constant.Float64Val(constant.ToFloat(value))
		return jen.Id(strconv.FormatFloat(f, 'g', -1, bits))
	}
	switch value.Kind() {
	case constant.Bool:
		return jen.Lit(constant.BoolVal(value))
	case constant.String:
		return jen.Lit(constant.StringVal(value))
	}
	return jen.Id(constant.ToInt(value).ExactString())
}

// timeLiteral is a moment in UTC:
//
//	time.Date(2026, time.March, 1, 12, 30, 0, 0, time.UTC)
func timeLiteral(t time.Time) *jen.Statement {
	t = t.UTC()
	return jen.Qual("time", "Date").Call(
		jen.Lit(t.Year()), jen.Qual("time", t.Month().String()), jen.Lit(t.Day()),
		jen.Lit(t.Hour()), jen.Lit(t.Minute()), jen.Lit(t.Second()), jen.Lit(t.Nanosecond()),
		jen.Qual("time", "UTC"),
	)
}

// durationLiteral is a duration in the largest unit that divides it:
//
//	30 * time.Minute
//	365 * 24 * time.Hour
func durationLiteral(d time.Duration) *jen.Statement {
	if d == 0 || d == math.MinInt64 {
		return jen.Lit(int(d))
	}
	for _, unit := range model.Units {
		if d%unit.Size != 0 {
			continue
		}
		n := int(d / unit.Size)
		switch {
		case unit.Name == "" && (n > 1 || n < -1):
			return jen.Lit(n).Op("*").Lit(24).Op("*").Qual("time", "Hour")
		case unit.Name == "":
			continue
		case n == 1:
			return jen.Qual("time", unit.Name)
		default:
			return jen.Lit(n).Op("*").Qual("time", unit.Name)
		}
	}
	panic("unreachable: every duration is a number of nanoseconds")
}
