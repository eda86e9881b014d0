package emit

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// structFunctions write and read one struct type.
func (e *emitter) structFunctions(s *model.Struct) {
	e.appendToStruct(s)
	e.consumeStruct(s)
}

// structParam is a parameter: v *Item.
func (e *emitter) structParam(s *model.Struct) *jen.Statement {
	return e.id("v").Op("*").Add(e.goType(s.Go))
}

// structCoder is a coder for the functions that write a struct, and their
// parameters behind the value.
func (e *emitter) structCoder(s *model.Struct) (c coder, params []jen.Code) {
	if !isDeep(&model.Type{Go: s.Go, Kind: model.Message, Struct: s}) {
		return coder{e, 0, false, ""}, nil
	}
	return coder{e, 0, true, ""}, []jen.Code{e.id("depth").Int()}
}

// checkDepth refuses what goes deeper than could be read.
//
//	wire.CheckDepth(depth + 1)
func (c coder) checkDepth(s *model.Struct) *jen.Statement {
	depth := c.id("depth")
	if inside := nestingInside(s); inside > 0 {
		depth.Op("+").Lit(inside)
	}
	return c.wire("CheckDepth").Call(depth)
}

// appendToStruct is the function that appends a struct:
//
//	func appendItem(b []byte, v *Item) []byte {
//		if v.Count != 0 {
//			b = wire.AppendInt(b, 110805, int64(v.Count))
//		}
//		return b
//	}
func (e *emitter) appendToStruct(s *model.Struct) {
	c, params := e.structCoder(s)
	bytes := jen.Index().Byte()
	params = append([]jen.Code{e.id("b").Add(bytes.Clone()), e.structParam(s)}, params...)
	e.file.Func().Id(e.structs[s].append).Params(params...).Add(bytes).BlockFunc(func(g *jen.Group) {
		if s.Recursive {
			g.Add(c.checkDepth(s))
		}
		for _, f := range byNumber(s.Fields) {
			for _, statement := range c.appendNested(f, at(e.id("v").Dot(f.Name))) {
				g.Add(statement)
			}
		}
		if s.Unknown == "" {
			g.Return(e.id("b"))
		} else {
			g.Return(jen.Append(e.id("b"), e.id("v").Dot(s.Unknown).Op("...")))
		}
	})
	e.file.Line()
}

// consumeStruct is the function that reads a struct:
//
//	func consumeItem(r *wire.Reader, v *Item) {
//		valuesOfSides := v.Sides[:0]
//		outer := r.Enter()
//		for r.Next() {
//			switch r.Number() {
//			case 110805: // count
//				v.Count = wire.ReadInt[int](r)
//			case 4711: // sides
//				valuesOfSides = wire.ReadInts(r, valuesOfSides)
//			default:
//				r.Skip()
//			}
//		}
//		r.Leave(outer)
//		if len(valuesOfSides) > 0 {
//			r.CheckLength(len(valuesOfSides), 3)
//		}
//	}
func (e *emitter) consumeStruct(s *model.Struct) {
	var before, cases, after []jen.Code
	for _, f := range byNumber(s.Fields) {
		target := at(e.id("v").Dot(f.Name))
		var body []jen.Code
		if f.Type.Kind == model.Array {
			values := e.id("valuesOf" + f.Name)
			before = append(before, values.Clone().Op(":=").Add(target.emptied()))
			body = e.appendElement(f.Type, at(values), values.Clone())
			// None at all are an array of zeros.
			after = append(after, jen.If(jen.Len(values.Clone()).Op(">").Lit(0)).Block(e.checkLength(values, f.Type)))
		} else {
			body = e.consumeAll(f.Type, target)
		}
		cases = append(cases, jen.Case(number(f.Number)).Comment("// "+keyComment(f.Key)).Custom(jen.Options{Multi: true}, body...))
	}
	unknown := e.id("r").Dot("Skip").Call()
	if s.Unknown != "" {
		kept := e.id("v").Dot(s.Unknown)
		unknown = kept.Clone().Op("=").Add(e.id("r")).Dot("Keep").Call(kept)
	}
	body := append(before, e.enter(), e.eachEntryOr(unknown, cases...), e.leave())
	e.file.Func().Id(e.structs[s].consume).Params(e.readerParam(), e.structParam(s)).Block(append(body, after...)...)
	e.file.Line()
}

// keyComment is a key beside its number. One of a json tag may have line breaks in it.
func keyComment(key string) string {
	if model.ValidKey(key) {
		return key
	}
	return strconv.Quote(key)
}

// byNumber is a struct's fields in the order in which they are written.
func byNumber(fields []*model.StructField) []*model.StructField {
	return slices.SortedFunc(slices.Values(fields), func(a, b *model.StructField) int {
		return cmp.Compare(a.Number, b.Number)
	})
}
