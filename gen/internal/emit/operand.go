package emit

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// operand is where a value is: an expression that has to be followed as a pointer
// some times. The expression can be used several times, and what it leads to can
// be addressed.
type operand struct {
	code  *jen.Statement
	stars int
}

// at is the operand that an expression is.
func at(code *jen.Statement) operand { return operand{code, 0} }

// behind is what a pointer points to.
func (o operand) behind() operand { return operand{o.code, o.stars + 1} }

// value is v.Count, or *v.
func (o operand) value() *jen.Statement {
	if o.stars == 0 {
		return o.code.Clone()
	}
	return jen.Op(strings.Repeat("*", o.stars)).Add(o.code.Clone())
}

// pointer is &v.Count, or v.
func (o operand) pointer() *jen.Statement {
	if o.stars == 0 {
		return jen.Op("&").Add(o.code.Clone())
	}
	return operand{o.code, o.stars - 1}.value()
}

// closed is the value with something to follow: v.Tags, or (*v).
func (o operand) closed() *jen.Statement {
	if o.stars == 0 {
		return o.value()
	}
	return jen.Parens(o.value())
}

// array is an array with something to follow, where a pointer to it will do.
func (o operand) array() *jen.Statement {
	if o.stars == 0 {
		return o.value()
	}
	return operand{o.code, o.stars - 1}.closed()
}

// sliced is all of an array: v.Hash[:].
func (o operand) sliced() *jen.Statement { return o.array().Index(jen.Op(":")) }

// emptied is none of an array, to append to: v.Hash[:0].
func (o operand) emptied() *jen.Statement { return o.array().Index(jen.Op(":").Lit(0)) }

// index is an element of a slice or array: v.Tags[i], or (*v)[i].
func (o operand) index(t *model.Type, i jen.Code) operand {
	if t.Kind == model.Array {
		return at(o.array().Index(i))
	}
	return at(o.closed().Index(i))
}
