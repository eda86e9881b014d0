package migrate

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
)

// replacements say, for every use of the library, what takes its place.
func (p *program) replacements() []Replacement {
	var list []Replacement
	contexts := p.contexts()
	within := map[ast.Node]bool{} // what goes together with what it stands in
	for _, a := range p.accesses {
		if read := p.added(a); read != nil {
			within[read.node] = true
		}
	}
	for _, a := range p.accesses {
		if within[a.node] {
			continue
		}
		list = append(list, Replacement{
			Position: p.position(a.node.Pos()), Function: p.functionText(a.function, a.pkg.PkgPath, contexts[a.function]),
			Call: p.text(a.node), By: p.accessor(a),
		})
	}
	for _, c := range p.calls {
		list = append(list, Replacement{
			Position: p.position(c.node.Pos()), Function: p.functionText(c.function, c.pkg.PkgPath, contexts[c.function]),
			Call: p.text(c.node), By: c.by,
		})
	}
	slices.SortStableFunc(list, func(a, b Replacement) int { return comparePositions(a.Position, b.Position) })
	return list
}

// contexts are where functions find their sessions, as they first do.
func (p *program) contexts() map[*ast.FuncDecl]string {
	found := map[*ast.FuncDecl]string{}
	for _, a := range p.accesses {
		if found[a.function] == "" {
			found[a.function] = a.context
		}
	}
	for _, c := range p.calls {
		if found[c.function] == "" {
			found[c.function] = c.context
		}
	}
	delete(found, nil)
	return found
}

// functionText is how a function begins once it is moved.
func (p *program) functionText(f *ast.FuncDecl, pkg, context string) string {
	if f == nil {
		return ""
	}
	if context == "" {
		return f.Name.Name
	}
	qualifier := ""
	if pkg != p.target.path {
		qualifier = p.target.name + "."
	}
	return fmt.Sprintf("%s: v := %s%sFrom(%s)", f.Name.Name, qualifier, exported(p.config.Type), context)
}

// accessor is what takes the place of an access.
func (p *program) accessor(a *access) string {
	f := p.byKey[a.key]
	text := ""
	switch a.operation {
	case put:
		text = p.setter(a, f)
	case appendTo:
		text = fmt.Sprintf("v.Append%s(%s)", f.name, p.text(a.value))
	case has:
		text = fmt.Sprintf("v.Has%s()", f.name)
	case remove:
		text = fmt.Sprintf("v.Clear%s()", f.name)
	case take:
		text = fmt.Sprintf("v.Take%s(), which also reports whether there was one", f.name)
	default:
		text = fmt.Sprintf("v.%s()", f.name)
		if a.compared {
			text = fmt.Sprintf("v.Has%s(), instead of the comparison with nil", f.name)
		}
		if a.checked {
			text += fmt.Sprintf(", v.Has%s()", f.name)
		}
	}
	if f.out != "" {
		text += ", once the field is there"
	}
	return text
}

// setter is Add where a number is read and put back, and Set otherwise.
func (p *program) setter(a *access, f *field) string {
	if a.typ == nil {
		return fmt.Sprintf("v.Clear%s()", f.name)
	}
	if p.added(a) != nil {
		sum := ast.Unparen(a.value).(*ast.BinaryExpr)
		minus := ""
		if sum.Op == token.SUB {
			minus = "-"
		}
		return fmt.Sprintf("v.Add%s(%s%s)", f.name, minus, p.text(sum.Y))
	}
	return fmt.Sprintf("v.Set%s(%s)", f.name, p.text(a.value))
}

// added is the access that reads a number of which a puts the sum; nil if a does not.
func (p *program) added(a *access) *access {
	f := p.byKey[a.key]
	if a.operation != put || f.out != "" || f.flash || !isNumber(f) {
		return nil
	}
	sum, ok := ast.Unparen(a.value).(*ast.BinaryExpr)
	if !ok || sum.Op != token.ADD && sum.Op != token.SUB {
		return nil
	}
	for _, b := range f.accesses {
		if b.operation == get && b.node == ast.Unparen(sum.X) {
			return b
		}
	}
	return nil
}
