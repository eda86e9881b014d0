package migrate

import (
	"go/ast"
	"go/parser"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// reportIgnored says which files were not read, because of a build constraint or of their
// name, and seem to use a session.
func (p *program) reportIgnored() {
	for _, pkg := range p.packages {
		for _, path := range pkg.IgnoredFiles {
			if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(p.fset, path, nil, parser.SkipObjectResolution)
			if err != nil || !p.seemsToUse(pkg, file) {
				continue
			}
			p.problemf(file.Package, "this file was not read, because of its build constraint or its name, and seems to use a session: run init with GOFLAGS=-tags=…, or GOOS=…, or check its keys")
		}
	}
}

// seemsToUse reports whether a file without types imports the library, or calls what is named
// as one of its methods where the package uses the library.
func (p *program) seemsToUse(pkg *packages.Package, file *ast.File) (uses bool) {
	for _, imported := range file.Imports {
		if path, err := strconv.Unquote(imported.Path.Value); err == nil && path == p.library.module {
			return true
		}
	}
	if !slices.ContainsFunc(p.accesses, func(a *access) bool { return a.pkg == pkg }) && pkg.Imports[p.library.module] == nil {
		return false
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			uses = uses || p.library.keyed(selector.Sel.Name) || selector.Sel.Name == "Values"
		}
		return !uses
	})
	return uses
}
