package emit

import (
	"bytes"
	"fmt"
	"go/scanner"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// emitter writes one file. Its functions are named after what they write and
// show the Go that they write in the comment above them; locals in it are
// written as they are called unless they had to be renamed.
type emitter struct {
	*names
	file     *jen.File
	position token.Position // of the schema that is written
	errs     model.Errors
}

// schemaEmitter writes what belongs to one schema.
type schemaEmitter struct {
	*emitter
	*model.Schema
	*schemaNames
}

// File writes the code for all schemas of a package.
func File(p *model.Package) ([]byte, error) {
	e := &emitter{names: newNames(p), file: jen.NewFilePathName(p.Types.Path(), p.Types.Name())}
	e.header()
	e.version()
	for _, s := range p.Schemas {
		(&schemaEmitter{e, s, e.schemas[s]}).unchanged()
	}
	for _, s := range p.Structs {
		e.unchanged(s.Go, s.Fields)
	}
	for _, s := range p.Schemas {
		e.position = s.Position
		e.schema(&schemaEmitter{e, s, e.schemas[s]})
	}
	for _, s := range p.Structs {
		e.structFunctions(s)
	}
	for _, w := range e.wrappers {
		e.wrapperFunctions(w)
	}
	return e.render(p)
}

// schema is the table of contents for one schema: first what the user calls,
// then what the runtime calls.
func (e *emitter) schema(s *schemaEmitter) {
	s.sessionType()
	s.from()
	s.lookup()

	for _, f := range s.Fields {
		s.fieldMethods(f)
	}
	for _, c := range s.Cookies {
		s.cookieMethods(c)
	}
	if !s.Stateless {
		s.info()
		s.renew()
		s.destroy()
		s.remember()
		s.reload()
		s.done()
		s.revokeOthers()
		s.authenticatedWithin()
	}
	s.commit()
	s.discard()
	s.format()
	s.logValue()
	s.marshalJSON()

	s.managerType()
	s.constructor()
	s.middleware()
	s.load()
	s.revoke()
	s.revokeAll()
	for _, f := range s.Fields {
		s.listBy(f)
		s.revokeBy(f)
	}
	for _, c := range s.Cookies {
		s.managerCookie(c)
	}
	s.close()

	s.memoryType()
	s.indexConstants()
	s.schemaVariable()
	for _, c := range s.Cookies {
		s.cookieVariable(c)
	}
	for _, c := range s.Cookies {
		s.cookieFunctions(c)
	}

	s.codecType()
	s.holds()
	s.append()
	s.consume()
	s.reset()
	s.value()
}

// header begins the file and tells jennifer what packages are called in it.
func (e *emitter) header() {
	e.file.HeaderComment(string(model.Header))
	e.file.ImportAlias(model.RuntimePath, e.imports[model.RuntimePath])
	for _, standard := range standardImports[1:] {
		e.importName(standard.path, standard.name)
	}
	for importPath, pkg := range e.packages {
		e.importName(importPath, pkg.Name())
	}
}

// importName tells jennifer what a package is called, and to write that down
// unless the path says the same.
func (e *emitter) importName(importPath, name string) {
	if alias := e.imports[importPath]; alias != name || path.Base(importPath) != name {
		e.file.ImportAlias(importPath, alias)
		return
	}
	e.file.ImportName(importPath, name)
}

// version makes generated code fail to compile on a runtime that does not fit it, be the
// runtime the older one or the code:
//
//	const _ = engine.Version1
func (e *emitter) version() {
	e.declare(
		docf("If Version1 is undefined, this file and the runtime do not fit together. "+
			"If the runtime is older than this file, update github.com/sessiongen/sessiongen in go.mod. "+
			"If this file is older, run go generate."),
		jen.Const().Id("_").Op("=").Add(e.engine("Version1")),
	)
}

// declare adds a declaration with its comment to the file.
func (e *emitter) declare(doc jen.Code, code jen.Code) {
	e.file.Add(doc)
	e.file.Add(code)
	e.file.Line()
}

// runtime is a name that applications use, too.
func (e *emitter) runtime(name string) *jen.Statement { return jen.Qual(model.RuntimePath, name) }

// engine is a name of the package that generated code alone uses.
func (e *emitter) engine(name string) *jen.Statement { return jen.Qual(model.EnginePath, name) }

// cookie is a name of the package that knows about cookies.
func (e *emitter) cookie(name string) *jen.Statement { return jen.Qual(model.CookiePath, name) }

// wire is a name of the package that reads and writes messages.
func (e *emitter) wire(name string) *jen.Statement { return jen.Qual(model.WirePath, name) }

// oneLine is the body of a function that has room beside its head.
func oneLine(statement jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{ ", Close: " }"}, statement)
}

// oneField is a struct type with one field: struct{ *visitor }.
func oneField(field jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "struct{ ", Close: " }"}, field)
}

// lines is a composite literal's body with one element on each line, in the
// order given; nil elements are left out.
func lines(elements ...jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, elements...)
}

// pair is an element of a composite literal: key: value.
func pair(key string, value jen.Code) *jen.Statement {
	return jen.Id(key).Op(":").Add(value)
}

// fail keeps an error, once.
func (e *emitter) fail(message string) {
	if err := (model.Error{Position: e.position, Message: message}); !slices.Contains(e.errs, err) {
		e.errs = append(e.errs, err)
	}
}

func (e *emitter) render(p *model.Package) ([]byte, error) {
	if e.errs != nil {
		return nil, e.errs
	}
	var out bytes.Buffer
	if err := e.file.Render(&out); err != nil {
		return nil, fmt.Errorf("the generated code is not Go, which is an error in sessiongen: %w", err)
	}
	e.position = p.Schemas[0].Position
	e.checkHidden(out.Bytes())
	if e.errs != nil {
		return nil, e.errs
	}
	return constrained(groupImports(out.Bytes()), p.Constraint), nil
}

// constrained has the constraint of a file, if there is one, above its package clause.
func constrained(source []byte, constraint string) []byte {
	if constraint == "" {
		return source
	}
	return bytes.Replace(source, []byte("\npackage "), []byte("\n//go:build "+constraint+"\n\npackage "), 1)
}

// predeclared are the names of Go's own that generated code refers to, besides
// the types of fields.
var predeclared = []string{
	"any", "append", "bool", "byte", "error", "false", "int", "int64", "iota", "len", "make",
	"new", "nil", "rune", "true", "uint64", "float32", "float64", "complex128",
}

// checkHidden refuses a package that declares one of Go's predeclared names for
// itself if generated code needs it: nothing can be written instead.
func (e *emitter) checkHidden(source []byte) {
	mentioned := mentions(source)
	for _, name := range predeclared {
		if mentioned[name] && e.pkg.Scope().Lookup(name) != nil {
			e.fail(hides(e.pkg, name))
		}
	}
}

// hides says that a package has a predeclared name for something else.
func hides(pkg *types.Package, name string) string {
	return fmt.Sprintf("package %s declares %s, and generated code needs Go's own: rename it", pkg.Name(), name)
}

// mentions are the identifiers in source that are not selected from something.
func mentions(source []byte) map[string]bool {
	mentioned := map[string]bool{}
	var s scanner.Scanner
	fset := token.NewFileSet()
	s.Init(fset.AddFile("", fset.Base(), len(source)), source, nil, 0)
	before := token.ILLEGAL
	for {
		_, tok, text := s.Scan()
		switch {
		case tok == token.EOF:
			return mentioned
		case tok == token.IDENT && before != token.PERIOD:
			mentioned[text] = true
		}
		before = tok
	}
}

// groupImports puts the imports of the standard library before the others.
func groupImports(source []byte) []byte {
	head, rest, found := strings.Cut(string(source), "\nimport (\n")
	block, rest, closed := strings.Cut(rest, ")\n")
	if !found || !closed {
		return source
	}
	var standard, others []string
	for line := range strings.Lines(block) {
		_, path, _ := strings.Cut(line, `"`)
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			others = append(others, line)
		} else {
			standard = append(standard, line)
		}
	}
	return []byte(head + "\nimport (\n" + strings.Join(standard, "") + "\n" + strings.Join(others, "") + ")\n" + rest)
}

// principal is the field that identifies the signed-in user, nil if there is none.
func (e *schemaEmitter) principal() *model.Field {
	for _, f := range e.Fields {
		if f.Principal {
			return f
		}
	}
	return nil
}

// needKeys are the names of the cookies that are signed or encrypted.
func (e *schemaEmitter) needKeys() []string {
	var names []string
	for _, c := range e.Cookies {
		if c.Options.Protection != cookie.Plain {
			names = append(names, c.Name)
		}
	}
	return names
}
