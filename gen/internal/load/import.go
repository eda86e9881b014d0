package load

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/tools/go/gcexportdata"
)

// importer gives the packages that were asked for, and empty ones for all others.
type importer struct {
	needed map[string]*types.Package
	others map[string]*types.Package
}

// Import implements types.Importer.
func (i *importer) Import(importPath string) (*types.Package, error) {
	if pkg := i.needed[importPath]; pkg != nil {
		return pkg, nil
	}
	if importPath == "unsafe" {
		return types.Unsafe, nil
	}
	pkg := i.others[importPath]
	if pkg == nil {
		pkg = types.NewPackage(importPath, guessedName(importPath))
		pkg.MarkComplete()
		i.others[importPath] = pkg
	}
	return pkg, nil
}

// importNeeded brings in what a schema is made of. If only packages that are described
// in this program are needed, the go command is not; else it is asked for all of them,
// so that each type is there once.
func importNeeded(ctx context.Context, fset *token.FileSet, dir string, wanted needs) (*importer, bool) {
	i := &importer{needed: map[string]*types.Package{}, others: map[string]*types.Package{}}
	delete(wanted, "unsafe")
	if described, all := describedPackages(fset, wanted); all {
		i.needed = described
		return i, true
	}
	exported, found := exportData(ctx, dir, slices.Sorted(maps.Keys(wanted)))
	if !found {
		return nil, false
	}
	read := map[string]*types.Package{}
	for importPath := range wanted {
		pkg, err := readExportData(fset, read, importPath, exported[importPath])
		if err != nil {
			return nil, false
		}
		i.needed[importPath] = pkg
	}
	return i, true
}

// exportData asks the go command for the files with what packages export, by import
// path. It compiles those that have not been compiled yet, and what they import.
func exportData(ctx context.Context, dir string, paths []string) (files map[string]string, found bool) {
	command := exec.CommandContext(ctx, "go", append([]string{"list", "-export", "-f", "{{.Name}},{{.ImportPath}},{{.Export}}", "--"}, paths...)...)
	command.Dir = dir
	output, err := command.Output()
	if err != nil {
		return nil, false
	}
	files = map[string]string{}
	for line := range strings.Lines(string(output)) {
		words := strings.SplitN(strings.TrimSpace(line), ",", 3)
		if len(words) == 3 && words[0] != "main" { // a program cannot be imported
			files[words[1]] = words[2]
		}
	}
	for _, importPath := range paths {
		if files[importPath] == "" {
			return nil, false
		}
	}
	return files, true
}

func readExportData(fset *token.FileSet, read map[string]*types.Package, importPath, file string) (*types.Package, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	//lint:ignore SA1019 Up to Go 1.28 the go command names an archive, which Read alone does not open.
	r, err := gcexportdata.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return gcexportdata.Read(r, fset, read, importPath)
}

// describedPackages returns the packages that are described in this program, if those
// are all that is needed.
func describedPackages(fset *token.FileSet, wanted needs) (packages map[string]*types.Package, all bool) {
	packages = map[string]*types.Package{}
	for importPath, names := range wanted {
		for name := range names {
			if !slices.Contains(descriptions[importPath].names, name) {
				return nil, false
			}
		}
		if packages[importPath] = described(fset, importPath); packages[importPath] == nil {
			return nil, false
		}
	}
	return packages, true
}

// described is a package of the standard library as far as it is described here: its
// types with everything about them, but not its functions and variables.
func described(fset *token.FileSet, importPath string) *types.Package {
	file, err := parser.ParseFile(fset, importPath+".go", descriptions[importPath].text, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	config := types.Config{IgnoreFuncBodies: true, Importer: &importer{}}
	pkg, err := config.Check(importPath, fset, []*ast.File{file}, nil)
	if err != nil {
		return nil
	}
	return pkg
}
