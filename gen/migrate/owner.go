package migrate

import (
	"go/ast"
	"go/types"
	"slices"
)

// namedType is the path and name of an expression's type, or of what it points to.
func (r *reader) namedType(e ast.Expr) string { return typePath(r.pkg.TypesInfo.TypeOf(e)) }

// typePath is the path and name of a type, or of what it points to.
func typePath(t types.Type) string {
	if t == nil {
		return ""
	}
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return ""
	}
	return named.Obj().Pkg().Path() + "." + named.Obj().Name()
}

// ownerOf is the type that a selected field belongs to, which may be embedded in the type
// that it is selected from.
func (r *reader) ownerOf(selector *ast.SelectorExpr) string {
	selection := r.pkg.TypesInfo.Selections[selector]
	if selection == nil || selection.Kind() != types.FieldVal {
		return ""
	}
	t, path := selection.Recv(), selection.Index()
	for _, i := range path[:len(path)-1] {
		if pointer, ok := t.Underlying().(*types.Pointer); ok {
			t = pointer.Elem()
		}
		t = t.Underlying().(*types.Struct).Field(i).Type()
	}
	return typePath(t)
}

// throughInterface is the name of the library's method that a call of an interface's
// method may be; empty if the library's session does not satisfy the interface.
func (r *reader) throughInterface(function *types.Func) string {
	receiver := function.Signature().Recv()
	if receiver == nil || function.Pkg() == nil || function.Pkg().Path() == r.library.module {
		return ""
	}
	asked, ok := receiver.Type().Underlying().(*types.Interface)
	if !ok || !slices.ContainsFunc(methodNames(asked), r.library.keyed) {
		return ""
	}
	session := r.sessionType()
	if session == nil || !types.Implements(session, asked) {
		return ""
	}
	return r.library.prefix + function.Name()
}

func methodNames(t *types.Interface) []string {
	var names []string
	for method := range t.Methods() {
		names = append(names, method.Name())
	}
	return names
}

// sessionType is the library's type that has the methods; nil if no package imports it.
func (p *program) sessionType() types.Type {
	for _, pkg := range p.packages {
		for _, imported := range pkg.Types.Imports() {
			if imported.Path() != p.library.module {
				continue
			}
			if object := imported.Scope().Lookup(p.library.session); object != nil {
				if types.IsInterface(object.Type()) {
					return object.Type()
				}
				return types.NewPointer(object.Type())
			}
		}
	}
	return nil
}
