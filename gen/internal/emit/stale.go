package emit

import (
	"go/types"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Generated code that no longer fits its schema has to say so. What the compiler can tell
// are fields that are gone or have another type. The rest is compared when a manager is made.

// unchanged are the fields of a schema, as they were.
func (e *schemaEmitter) unchanged() {
	var fields []*model.StructField
	for _, f := range e.Fields {
		fields = append(fields, &model.StructField{Name: f.Name, Type: f.Type})
	}
	for _, c := range e.Cookies {
		fields = append(fields, &model.StructField{Name: c.Name, Type: c.Type})
	}
	e.emitter.unchanged(e.pkg.Scope().Lookup(e.Name).Type(), fields)
}

// unchanged is a function that does not compile if a field of a struct has been renamed or
// has another type. It comes before all code that uses the fields, so that its error, with
// the name of its parameter, is the first one:
//
//	func _(runGoGenerate *visitor) {
//		var _ *int = &runGoGenerate.Visits
//	}
func (e *emitter) unchanged(t types.Type, fields []*model.StructField) {
	if _, anonymous := t.(*types.Struct); anonymous || len(fields) == 0 {
		return
	}
	parameter := e.id("runGoGenerate")
	e.declare(
		docf("If this does not compile, %s has changed since this file was generated: run go generate.", types.TypeString(t, e.qualifier)),
		jen.Func().Id("_").Params(parameter.Clone().Op("*").Add(e.goType(t))).BlockFunc(func(g *jen.Group) {
			for _, f := range fields {
				g.Var().Id("_").Op("*").Add(e.goType(f.Type.Go)).Op("=").Op("&").Add(parameter.Clone()).Dot(f.Name)
			}
		}),
	)
}

// structList are the structs that the code of a schema was made from, with their tags:
//
//	[]engine.Struct{
//		engine.StructOf[visitor](
//			`UserID session:"user_id,principal"`,
//		),
//	}
func (e *schemaEmitter) structList() *jen.Statement {
	structs := []jen.Code{e.structOf(e.pkg.Scope().Lookup(e.Name).Type())}
	for _, s := range e.structsOf() {
		if _, anonymous := s.Go.(*types.Struct); !anonymous {
			structs = append(structs, e.structOf(s.Go))
		}
	}
	return jen.Index().Add(e.engine("Struct")).Add(lines(structs...))
}

// structOf is one of them.
func (e *schemaEmitter) structOf(t types.Type) *jen.Statement {
	var fields []jen.Code
	structure := t.Underlying().(*types.Struct)
	for i := range structure.NumFields() {
		fields = append(fields, textLiteral(wire.FieldTags(structure.Field(i).Name(), structure.Tag(i))))
	}
	return e.engine("StructOf").Types(e.goType(t)).Custom(
		jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}, fields...,
	)
}

// textLiteral is text with quotes in it, in backquotes if possible.
func textLiteral(text string) *jen.Statement {
	if strconv.CanBackquote(text) && strings.Contains(text, `"`) {
		return jen.Op("`" + text + "`")
	}
	return jen.Lit(text)
}

// structsOf are the structs in the fields and cookies of a schema, in the order met.
func (e *schemaEmitter) structsOf() []*model.Struct {
	var structs []*model.Struct
	visited := map[*model.Struct]bool{}
	collect := func(t *model.Type) bool {
		if t.Struct != nil {
			structs = append(structs, t.Struct)
		}
		return false
	}
	for _, f := range e.Fields {
		reaches(f.Type, visited, collect)
	}
	for _, c := range e.Cookies {
		reaches(c.Type, visited, collect)
	}
	return structs
}
