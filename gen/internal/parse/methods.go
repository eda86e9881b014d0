package parse

import (
	"go/ast"
	"go/token"
	"slices"

	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// methodSet is which methods a generated type has, and which field they are for.
type methodSet struct {
	of       string // the generated type
	reserved []string
	fields   map[string]string // method → visitor.Theme
}

// checkMethods refuses fields whose methods collide.
func (p *parser) checkMethods(s *schemaState) {
	session := methodSet{s.TypeName, model.SessionMethods(), map[string]string{}}
	manager := methodSet{s.ManagerName(), model.ManagerMethods(), map[string]string{}}
	for _, f := range s.Fields {
		p.addMethods(session, s, f.Name, f.Methods())
		p.addMethods(manager, s, f.Name, f.ManagerMethods())
	}
	for _, c := range s.Cookies {
		p.addMethods(session, s, c.Name, c.Methods())
		p.addMethods(manager, s, c.Name, c.ManagerMethods())
	}
	s.methods = []methodSet{session, manager}
}

func (p *parser) addMethods(set methodSet, s *schemaState, field string, methods []string) {
	path := s.Name + "." + field
	pos := s.positions[field]
	for _, method := range methods {
		switch holder, taken := set.fields[method]; {
		case slices.Contains(set.reserved, method):
			p.Errorf(pos, "%s needs a method %s, which every session type has: rename the field", path, method)
		case taken:
			p.Errorf(pos, "%s and %s both need a method %s of %s: rename one of them", path, holder, method, set.of)
		default:
			set.fields[method] = path
		}
	}
}

// checkUserMethods refuses methods that the user has declared on a generated type.
func (p *parser) checkUserMethods(s *schemaState) {
	for _, file := range p.src.Files {
		if model.IsOurs(file) {
			continue // checkNames has said so
		}
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok {
				p.checkUserMethod(s, function)
			}
		}
	}
}

func (p *parser) checkUserMethod(s *schemaState, function *ast.FuncDecl) {
	method := function.Name.Name
	for _, set := range s.methods {
		holder, taken := set.fields[method]
		if slices.Contains(set.reserved, method) {
			holder, taken = "schema "+s.Name, true
		}
		if taken && load.ReceiverName(function) == set.of {
			p.Errorf(function.Name.Pos(), "method %s of %s is declared here and generated for %s: rename one of them", method, set.of, holder)
		}
	}
}

// checkNames refuses names at package level that the user or another schema has
// declared, and methods that the user has.
func (p *parser) checkNames(schemas []*schemaState) {
	taken := map[string]string{}
	for _, s := range schemas {
		if s.TypeName == "" {
			continue
		}
		for _, name := range s.ExportedNames() {
			if other, found := taken[name]; found {
				p.Errorf(s.spec.Name.Pos(), "schemas %s and %s both generate %s: name one of the session types with session:\"type=…\"", other, s.Name, name)
			}
			taken[name] = s.Name
		}
		p.checkDeclared(s)
		p.checkUserMethods(s)
	}
}

func (p *parser) checkDeclared(s *schemaState) {
	for _, name := range s.ExportedNames() {
		pos := p.declaredAt(name)
		switch {
		case !pos.IsValid():
		case p.inOutput(pos):
			p.Errorf(pos, "schema %s was generated into this file before: remove the file, or choose it with -o", s.Name)
			return
		default:
			p.Errorf(pos, "%s is declared here and generated for schema %s: rename it, or name the session type with session:\"type=…\"", name, s.Name)
		}
	}
}

// inOutput reports whether pos is in the output of another run.
func (p *parser) inOutput(pos token.Pos) bool {
	return slices.ContainsFunc(p.src.Files, func(file *ast.File) bool {
		return file.FileStart <= pos && pos < file.FileEnd && model.IsOurs(file)
	})
}

// declaredAt is where the user has declared a name, in the package or, by an
// import, in one of its files.
func (p *parser) declaredAt(name string) token.Pos {
	scope := p.src.Types.Scope()
	if object := scope.Lookup(name); object != nil {
		return object.Pos()
	}
	for i := range scope.NumChildren() {
		if object := scope.Child(i).Lookup(name); object != nil {
			return object.Pos()
		}
	}
	return token.NoPos
}
