package parse

import (
	"cmp"
	"go/constant"
	"go/types"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// constantsOf are the constants of a named type that its package declares, in the order of
// declaration.
func (p *parser) constantsOf(t *model.Type) []*types.Const {
	named, ok := types.Unalias(t.Go).(*types.Named)
	if !ok || !t.Facts().Constant || t.Kind == model.Duration {
		return nil
	}
	scope := named.Obj().Pkg().Scope()
	var all []*types.Const
	for _, name := range scope.Names() {
		c, ok := scope.Lookup(name).(*types.Const)
		if ok && types.Identical(c.Type(), named) && model.Accessible(p.src.Types, c) && c.Val().Kind() != constant.Unknown {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b *types.Const) int {
		x, y := p.Fset.Position(a.Pos()), p.Fset.Position(b.Pos())
		return cmp.Or(cmp.Compare(x.Filename, y.Filename), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	return all
}

// withConstants adds the constants of a type to it. Those of the standard library never change.
func (p *parser) withConstants(t *model.Type) *model.Type {
	for _, c := range p.constantsOf(t) {
		if p.isStandard(c.Pkg()) {
			return t
		}
		added := model.Constant{Name: c.Name(), Value: c.Val().ExactString()}
		if c.Pkg() == p.src.Types {
			added.Position = p.Fset.Position(c.Pos())
		}
		t.Constants = append(t.Constants, added)
	}
	return t
}

// isStandard reports whether a package is one of the standard library: the first part of its path
// has no dot, and is not that of the package with the schemas.
func (p *parser) isStandard(pkg *types.Package) bool {
	first, _, _ := strings.Cut(pkg.Path(), "/")
	own, _, _ := strings.Cut(p.src.Types.Path(), "/")
	return !strings.Contains(first, ".") && first != own
}
