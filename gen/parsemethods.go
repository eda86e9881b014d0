package gen

import (
	"go/ast"
	"go/token"
	"slices"
)

// The methods that every session type and every manager has.
var (
	sessionMethods = []string{"Info", "Renew", "Destroy", "Remember", "RevokeOthers", "AuthenticatedWithin", "Commit", "Reload", "Done", "Format", "LogValue", "MarshalJSON"}
	managerMethods = []string{"Middleware", "Load", "Revoke", "Close"}
)

// SessionMethods are the methods that every session type has, so that no field can be
// called like one.
func SessionMethods() []string { return slices.Clone(sessionMethods) }

// methodSet is which methods a generated type has, and which field they are for.
type methodSet struct {
	of       string // the generated type
	reserved []string
	fields   map[string]string // method → visitor.Theme
}

// checkMethods refuses fields whose methods collide.
func (p *modelParser) checkMethods(s *schemaState) {
	session := methodSet{s.TypeName, sessionMethods, map[string]string{}}
	manager := methodSet{s.managerName(), managerMethods, map[string]string{}}
	for _, f := range s.Fields {
		p.addMethods(session, s, f.Name, f.methods())
		p.addMethods(manager, s, f.Name, f.managerMethods())
	}
	for _, c := range s.Cookies {
		p.addMethods(session, s, c.Name, accessors(c.Name))
		p.addMethods(manager, s, c.Name, []string{cookieName(c.Name)})
	}
	s.methods = []methodSet{session, manager}
}

// accessors are the methods that every field has.
func accessors(name string) []string {
	return []string{name, setName(name), hasName(name), clearName(name)}
}

// methods are the methods of the session type that a session field has.
func (f *Field) methods() []string {
	methods := accessors(f.Name)
	if !f.Principal {
		methods = append(methods, updateName(f.Name))
	}
	switch f.Type.Kind {
	case Int, Uint, Float, Duration:
		if !f.Principal {
			methods = append(methods, addName(f.Name))
		}
	case Slice:
		methods = append(methods, appendName(f.Name))
	case Map:
		methods = append(methods, putName(f.Name), removeName(f.Name))
	}
	if f.Flash {
		methods = append(methods, takeName(f.Name))
	}
	return methods
}

// managerMethods are the methods of the manager that a session field has.
func (f *Field) managerMethods() []string {
	if !f.Principal && !f.Index {
		return nil
	}
	return []string{listByName(f.Name), revokeByName(f.Name)}
}

func (p *modelParser) addMethods(set methodSet, s *schemaState, field string, methods []string) {
	path := s.Name + "." + field
	pos := s.positions[field]
	for _, method := range methods {
		switch holder, taken := set.fields[method]; {
		case slices.Contains(set.reserved, method):
			p.errorf(pos, "%s needs a method %s, which every session type has: rename the field", path, method)
		case taken:
			p.errorf(pos, "%s and %s both need a method %s of %s: rename one of them", path, holder, method, set.of)
		default:
			set.fields[method] = path
		}
	}
}

// checkUserMethods refuses methods that the user has declared on a generated type.
func (p *modelParser) checkUserMethods(s *schemaState) {
	for _, file := range p.src.files {
		if writtenByUs(file) {
			continue // checkNames has said so
		}
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok {
				p.checkUserMethod(s, function)
			}
		}
	}
}

func (p *modelParser) checkUserMethod(s *schemaState, function *ast.FuncDecl) {
	method := function.Name.Name
	for _, set := range s.methods {
		holder, taken := set.fields[method]
		if slices.Contains(set.reserved, method) {
			holder, taken = "schema "+s.Name, true
		}
		if taken && receiverName(function) == set.of {
			p.errorf(function.Name.Pos(), "method %s of %s is declared here and generated for %s: rename one of them", method, set.of, holder)
		}
	}
}

// receiverName is the name of a method's receiver type, empty for functions.
func receiverName(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) == 0 {
		return ""
	}
	receiver := ast.Unparen(function.Recv.List[0].Type)
	if pointer, ok := receiver.(*ast.StarExpr); ok {
		receiver = ast.Unparen(pointer.X)
	}
	switch generic := receiver.(type) {
	case *ast.IndexExpr:
		receiver = generic.X
	case *ast.IndexListExpr:
		receiver = generic.X
	}
	if name, ok := receiver.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// checkNames refuses names at package level that the user or another schema has
// declared, and methods that the user has.
func (p *modelParser) checkNames(schemas []*schemaState) {
	taken := map[string]string{}
	for _, s := range schemas {
		if s.TypeName == "" {
			continue
		}
		for _, name := range s.exportedNames() {
			if other, found := taken[name]; found {
				p.errorf(s.spec.Name.Pos(), "schemas %s and %s both generate %s: name one of the session types with session:\"type=…\"", other, s.Name, name)
			}
			taken[name] = s.Name
		}
		p.checkDeclared(s)
		p.checkUserMethods(s)
	}
}

func (p *modelParser) checkDeclared(s *schemaState) {
	for _, name := range s.exportedNames() {
		pos := p.declaredAt(name)
		switch {
		case !pos.IsValid():
		case p.inOutput(pos):
			p.errorf(pos, "schema %s was generated into this file before: remove the file, or choose it with -o", s.Name)
			return
		default:
			p.errorf(pos, "%s is declared here and generated for schema %s: rename it, or name the session type with session:\"type=…\"", name, s.Name)
		}
	}
}

// inOutput says whether pos is in the output of another run.
func (p *modelParser) inOutput(pos token.Pos) bool {
	return slices.ContainsFunc(p.src.files, func(file *ast.File) bool {
		return file.FileStart <= pos && pos < file.FileEnd && writtenByUs(file)
	})
}

// writtenByUs says whether a file is the output of sessiongen.
func writtenByUs(file *ast.File) bool {
	return slices.ContainsFunc(file.Comments, func(group *ast.CommentGroup) bool {
		return group.Pos() < file.Package && group.List[0].Text == header
	})
}

// declaredAt is where the user has declared a name, in the package or, by an
// import, in one of its files.
func (p *modelParser) declaredAt(name string) token.Pos {
	scope := p.src.types.Scope()
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
