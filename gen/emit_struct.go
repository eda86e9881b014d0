package gen

import (
	"cmp"
	"slices"

	"github.com/dave/jennifer/jen"
)

// structFunctions write and read one struct type.
func (e *emitter) structFunctions(s *Struct) {
	e.sizeStruct(s)
	e.appendToStruct(s)
	e.consumeStruct(s)
}

// structParam is a parameter: v *Item.
func (e *emitter) structParam(s *Struct) *jen.Statement {
	return e.id("v").Op("*").Add(e.goType(s.Go))
}

// sizeStruct is the function that measures a struct:
//
//	func sizeItem(v *Item) (size int) {
//		if v.Count != 0 {
//			size += runtime.SizeInt(110805, int64(v.Count))
//		}
//		return size
//	}
func (e *emitter) sizeStruct(s *Struct) {
	e.file.Func().Id(e.structs[s].size).Params(e.structParam(s)).Params(e.id("size").Int()).BlockFunc(func(g *jen.Group) {
		for _, f := range byNumber(s.Fields) {
			for _, statement := range e.sizeNested(f.Number, f.Type, e.id("v").Dot(f.Name)) {
				g.Add(statement)
			}
		}
		g.Return(e.id("size"))
	})
	e.file.Line()
}

// appendToStruct is the function that appends a struct:
//
//	func appendItem(b []byte, v *Item) []byte {
//		if v.Count != 0 {
//			b = runtime.AppendInt(b, 110805, int64(v.Count))
//		}
//		return b
//	}
func (e *emitter) appendToStruct(s *Struct) {
	bytes := jen.Index().Byte()
	e.file.Func().Id(e.structs[s].append).Params(e.id("b").Add(bytes.Clone()), e.structParam(s)).Add(bytes).BlockFunc(func(g *jen.Group) {
		for _, f := range byNumber(s.Fields) {
			for _, statement := range e.appendNested(f.Number, f.Type, e.id("v").Dot(f.Name)) {
				g.Add(statement)
			}
		}
		g.Return(e.id("b"))
	})
	e.file.Line()
}

// consumeStruct is the function that reads a struct:
//
//	func consumeItem(r *runtime.Reader, v *Item) {
//		outer := r.Enter()
//		for r.Next() {
//			switch r.Number() {
//			case 110805: // count
//				v.Count = runtime.ReadInt[int](r)
//			default:
//				r.Skip()
//			}
//		}
//		r.Leave(outer)
//	}
func (e *emitter) consumeStruct(s *Struct) {
	var cases []jen.Code
	for _, f := range byNumber(s.Fields) {
		body := e.consumeField(f.Type, e.id("v").Dot(f.Name))
		cases = append(cases, jen.Case(number(f.Number)).Comment("// "+f.Key).Custom(jen.Options{Multi: true}, body...))
	}
	e.file.Func().Id(e.structs[s].consume).Params(e.readerParam(), e.structParam(s)).Block(
		e.enter(),
		e.eachEntry(cases...),
		e.leave(),
	)
	e.file.Line()
}

// byNumber is a struct's fields in the order in which they are written.
func byNumber(fields []*StructField) []*StructField {
	return slices.SortedFunc(slices.Values(fields), func(a, b *StructField) int {
		return cmp.Compare(a.Number, b.Number)
	})
}
