package migrate

import (
	"cmp"
	"go/ast"
	"go/types"
	"slices"
)

// helper is a function that uses the library with a key that it is called with.
type helper struct {
	access   *access
	key      ast.Expr   // inside of the function
	at       int        // the parameter that is the key
	value    int        // the parameter that is what is put; -1: none is
	followed bool       // a call with a constant was found
	receiver *types.Var // of a method; nil: it is none
}

// parameter is which one of the function around an expression is; -1: it is none.
func (r *reader) parameter(e ast.Expr) int {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok || r.function == nil {
		return -1
	}
	object, i := r.pkg.TypesInfo.Uses[id], 0
	for _, parameter := range r.function.Type.Params.List {
		for _, name := range parameter.Names {
			if object != nil && r.pkg.TypesInfo.Defs[name] == object {
				return i
			}
			i++
		}
	}
	return -1
}

func (r *reader) noteHelper(a *access, key ast.Expr, at int) {
	h := &helper{access: a, key: key, at: at, value: -1}
	if a.value != nil {
		h.value = r.parameter(a.value)
	}
	function := r.pkg.TypesInfo.Defs[r.function.Name].(*types.Func)
	h.receiver = function.Signature().Recv()
	r.helpers[function.FullName()] = append(r.helpers[function.FullName()], h)
	r.newHelpers = true
}

// followHelpers notes what is done at the calls of helpers, and of what calls these with a
// key that it is called with itself.
func (p *program) followHelpers() {
	done := map[*helper]map[ast.Node]bool{}
	for p.newHelpers {
		p.newHelpers = false
		for _, pkg := range p.packages {
			r := &reader{program: p, pkg: pkg, held: map[types.Object]*access{}}
			for _, file := range pkg.Syntax {
				r.walk(file, func(n ast.Node) {
					call, ok := n.(*ast.CallExpr)
					if !ok {
						return
					}
					for _, h := range r.helpersOf(call) {
						if done[h] == nil {
							done[h] = map[ast.Node]bool{}
						}
						if !done[h][call] {
							done[h][call] = true
							r.follow(call, h)
						}
					}
				})
			}
		}
	}
	p.reportHelpers()
	p.reportHelperValues()
}

// reportHelperValues says where a helper is not called, but kept or passed on.
func (p *program) reportHelperValues() {
	for _, pkg := range p.packages {
		r := &reader{program: p, pkg: pkg, held: map[types.Object]*access{}}
		called := map[*ast.Ident]bool{}
		for _, file := range pkg.Syntax {
			r.walk(file, func(n ast.Node) {
				switch n := n.(type) {
				case *ast.CallExpr:
					called[calledName(n)] = true
				case *ast.Ident:
					function, ok := pkg.TypesInfo.Uses[n].(*types.Func)
					if ok && !called[n] && r.helpers[function.Origin().FullName()] != nil {
						p.problemf(n.Pos(), "%s is not called here, but stored or passed on, which init does not follow: check the keys that it is called with", n.Name)
					}
				}
			})
		}
	}
}

// helpersOf are the helpers that a call calls, or may call through an interface.
func (r *reader) helpersOf(call *ast.CallExpr) (found []*helper) {
	function := r.called(call)
	if function == nil {
		return nil
	}
	receiver := function.Signature().Recv()
	if receiver == nil || !types.IsInterface(receiver.Type()) {
		return r.helpers[function.FullName()]
	}
	asked := receiver.Type().Underlying().(*types.Interface)
	for _, helpers := range r.helpers {
		for _, h := range helpers {
			if h.receiver != nil && h.access.function.Name.Name == function.Name() && types.Implements(h.receiver.Type(), asked) {
				found = append(found, h)
			}
		}
	}
	slices.SortFunc(found, func(a, b *helper) int { return cmp.Compare(a.key.Pos(), b.key.Pos()) })
	return found
}

// called is the function that a call calls, which may have type arguments; nil if it is
// none that has a name.
func (r *reader) called(call *ast.CallExpr) *types.Func {
	id := calledName(call)
	if id == nil {
		return nil
	}
	function, ok := r.pkg.TypesInfo.Uses[id].(*types.Func)
	if !ok {
		return nil
	}
	return function.Origin()
}

// calledName is where a call names what it calls; nil if it does not.
func calledName(call *ast.CallExpr) *ast.Ident {
	fun := ast.Unparen(call.Fun)
	switch index := fun.(type) {
	case *ast.IndexExpr:
		fun = index.X
	case *ast.IndexListExpr:
		fun = index.X
	}
	switch fun := fun.(type) {
	case *ast.Ident:
		return fun
	case *ast.SelectorExpr:
		return fun.Sel
	}
	return nil
}

// follow notes what a helper does when it is called so.
func (r *reader) follow(call *ast.CallExpr, h *helper) {
	if h.at >= len(call.Args) {
		return
	}
	h.followed = true
	a := &access{operation: h.access.operation, list: h.access.list, node: call, context: r.requestContext(), typ: h.access.typ, checked: h.access.checked}
	switch {
	case h.value >= 0 && h.value < len(call.Args):
		a.value = call.Args[h.value]
	case h.access.value != nil:
		a.value = h.access.value // which is no parameter, and has its type there
		a.pkg, a.function = r.pkg, r.function
		r.addFollowed(a, call.Args[h.at], h)
		return
	case isOpen(a.typ):
		a.typ = r.firstResult(call)
	}
	r.add(a, call.Args[h.at])
}

// addFollowed is add for a value that stands in another function.
func (r *reader) addFollowed(a *access, key ast.Expr, h *helper) {
	a.typ = h.access.typ
	if constant, ok := r.key(key); ok {
		a.key = constant
		r.accesses = append(r.accesses, a)
	} else if i := r.parameter(key); i >= 0 {
		r.noteHelper(a, key, i)
	} else {
		r.reportComputed(key)
	}
}

// isOpen reports whether a type says nothing of what is kept.
func isOpen(t types.Type) bool {
	if t == nil {
		return true
	}
	_, parameter := types.Unalias(t).(*types.TypeParam)
	return parameter || types.IsInterface(t)
}

// firstResult is the type of what a call returns first; nil if that says nothing.
func (r *reader) firstResult(call *ast.CallExpr) types.Type {
	t := r.pkg.TypesInfo.TypeOf(call)
	if tuple, ok := t.(*types.Tuple); ok {
		if tuple.Len() == 0 {
			return nil
		}
		t = tuple.At(0).Type()
	}
	if isOpen(t) {
		return nil
	}
	return t
}

// reportHelpers says of which helpers no call was found.
func (p *program) reportHelpers() {
	for _, helpers := range p.helpers {
		for _, h := range helpers {
			if !h.followed {
				p.problemf(h.key.Pos(), "the key %s is a parameter of %s, which these packages do not call: call the library where the key is known, or write the fields",
					p.text(h.key), h.access.function.Name.Name)
				continue
			}
			p.calls = append(p.calls, &call{node: h.access.node, by: "nothing: the calls of " + h.access.function.Name.Name + " are replaced", pkg: h.access.pkg, function: h.access.function})
		}
	}
}
