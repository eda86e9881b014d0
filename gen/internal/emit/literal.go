package emit

import (
	"go/types"
	"strconv"

	"github.com/dave/jennifer/jen"
)

// The functions in this file write types that have no name. Fields that are kept
// as JSON may be of such a type, and type arguments may.

// channel is chan int.
func (e *emitter) channel(t *types.Chan) *jen.Statement {
	elem := e.goType(t.Elem())
	switch t.Dir() {
	case types.SendOnly:
		return jen.Chan().Op("<-").Add(elem)
	case types.RecvOnly:
		return jen.Op("<-").Chan().Add(elem)
	}
	if inner, ok := types.Unalias(t.Elem()).(*types.Chan); ok && inner.Dir() == types.RecvOnly {
		return jen.Chan().Parens(elem) // the arrow would belong to the outer one
	}
	return jen.Chan().Add(elem)
}

// signature is (string, ...int) (int, error).
func (e *emitter) signature(t *types.Signature) *jen.Statement {
	var params, results []jen.Code
	for i := range t.Params().Len() {
		param := t.Params().At(i).Type()
		if t.Variadic() && i == t.Params().Len()-1 {
			params = append(params, jen.Op("...").Add(e.goType(param.(*types.Slice).Elem())))
		} else {
			params = append(params, e.goType(param))
		}
	}
	for result := range t.Results().Variables() {
		results = append(results, e.goType(result.Type()))
	}
	return jen.Params(params...).Params(results...)
}

// interfaceType is interface{ String() string }.
func (e *emitter) interfaceType(t *types.Interface) *jen.Statement {
	var parts []jen.Code
	for method := range t.ExplicitMethods() {
		parts = append(parts, jen.Id(method.Name()).Add(e.signature(method.Signature())))
	}
	for embedded := range t.EmbeddedTypes() {
		parts = append(parts, e.goType(embedded))
	}
	return jen.Interface(parts...)
}

// structType is a struct type with the tags of its fields, which are part of it.
func (e *emitter) structType(t *types.Struct) *jen.Statement {
	var fields []jen.Code
	for i := range t.NumFields() {
		field := jen.Null()
		if !t.Field(i).Embedded() {
			field = jen.Id(t.Field(i).Name())
		}
		field.Add(e.goType(t.Field(i).Type()))
		if tag := t.Tag(i); tag != "" {
			field.Op(strconv.Quote(tag))
		}
		fields = append(fields, field)
	}
	return jen.Struct(fields...)
}
