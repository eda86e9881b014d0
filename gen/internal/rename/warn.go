package rename

import (
	"go/ast"
	"go/parser"
	"go/types"
	"maps"
	"slices"
	"strconv"

	"golang.org/x/tools/go/packages"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// Warnings are what the change leaves to a person, in the program as it was.
func (c *Change) Warnings() model.Errors {
	for _, pkg := range c.users {
		if session := c.sessionType(pkg); session != nil {
			for _, file := range pkg.Syntax {
				c.warnOfAssertions(pkg.TypesInfo, file, session)
			}
		}
		for _, name := range pkg.IgnoredFiles {
			c.warnOfIgnored(pkg, name)
		}
	}
	return c.warnings.Sorted()
}

// sessionType is the session type as a package sees it, nil if it sees none.
func (c *Change) sessionType(pkg *packages.Package) types.Type {
	for imported := range packages.Postorder([]*packages.Package{pkg}) {
		if imported.PkgPath != c.pkg.PkgPath || imported.Types == nil {
			continue
		}
		if object := imported.Types.Scope().Lookup(c.schema.TypeName); object != nil {
			return types.NewPointer(object.Type())
		}
	}
	return nil
}

// warnOfAssertions warns of interfaces that a session is no longer found to implement: the
// compiler does not see that.
func (c *Change) warnOfAssertions(info *types.Info, file *ast.File, session types.Type) {
	assert := func(of types.Type, to ast.Expr) {
		target, ok := types.Unalias(info.TypeOf(to)).Underlying().(*types.Interface)
		source, _ := of.Underlying().(*types.Interface)
		if !ok || source == nil || !types.Implements(session, target) || !types.Implements(session, source) {
			return
		}
		for method := range target.Methods() {
			if name, renamed := c.names[c.schema.TypeName][method.Name()]; renamed {
				c.warnings.Errorf(to.Pos(), "warning: a *%s is asserted to have a method %s here, and has %s instead after the rename: ask for that, too", c.schema.TypeName, method.Name(), name)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeAssertExpr:
			if n.Type != nil {
				assert(info.TypeOf(n.X), n.Type)
			}
		case *ast.TypeSwitchStmt:
			for _, clause := range n.Body.List {
				for _, expr := range clause.(*ast.CaseClause).List {
					assert(info.TypeOf(switched(n)), expr)
				}
			}
		}
		return true
	})
}

// switched is the value whose type a switch is about.
func switched(n *ast.TypeSwitchStmt) (x ast.Expr) {
	ast.Inspect(n.Assign, func(n ast.Node) bool {
		if assertion, ok := n.(*ast.TypeAssertExpr); ok {
			x = assertion.X
		}
		return x == nil
	})
	return x
}

// warnOfIgnored warns of a file that is not built here and may call a method that is renamed.
func (c *Change) warnOfIgnored(pkg *packages.Package, name string) {
	file, err := parser.ParseFile(c.program.fset, name, nil, parser.SkipObjectResolution)
	if err != nil || !c.imports(pkg, file) {
		return
	}
	methods := slices.Concat(slices.Collect(maps.Keys(c.names[c.schema.TypeName])), slices.Collect(maps.Keys(c.names[c.schema.ManagerName()])))
	for id := range identifiers(file) {
		if slices.Contains(methods, id.Name) {
			c.warnings.Errorf(id.Pos(), "warning: file is left out by a build constraint, so it is not edited: see whether %s is of %s", id.Name, c.schema.TypeName)
			return
		}
	}
}

// imports reports whether a file is of the schema's package or imports it.
func (c *Change) imports(pkg *packages.Package, file *ast.File) bool {
	return pkg.PkgPath == c.pkg.PkgPath || slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool {
		path, _ := strconv.Unquote(spec.Path.Value)
		return path == c.pkg.PkgPath
	})
}
