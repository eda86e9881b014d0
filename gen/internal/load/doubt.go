package load

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"go/version"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/module"
)

// importPathOf finds the import path of a folder by the go.mod above it, and the version
// of Go that its module is written in. A module that the go command would refuse in the
// folder from, or that this version of Go would not build, is left to the go command.
func importPathOf(from, dir string) (importPath, goVersion string, found bool) {
	root, found := folderAbove(dir, "go.mod")
	if !found || !isMainModule(from, dir, root) {
		return "", "", false
	}
	file, found := readModule(root)
	if !found {
		return "", "", false
	}
	inside, err := filepath.Rel(root, dir)
	if err != nil {
		return "", "", false
	}
	importPath = path.Join(file.Module.Mod.Path, filepath.ToSlash(inside))
	return importPath, "go" + file.Go.Version, isPlainPath(importPath)
}

// folderAbove is the nearest folder with a file of that name, beginning with dir.
func folderAbove(dir, name string) (folder string, found bool) {
	for ; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
			return dir, true
		}
		if dir == filepath.Dir(dir) {
			return "", false
		}
	}
}

// isBuiltHere reports whether the Go that this program was built with knows a version, so
// that it checks types as the go command's compiler does.
func isBuiltHere(wanted string) bool {
	ours := runtime.Version()
	return version.IsValid(ours) && version.IsValid(wanted) && version.Compare(wanted, ours) <= 0
}

// isPlainPath reports whether the go command takes an import path as it is.
func isPlainPath(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	vendored := strings.Contains("/"+importPath+"/", "/vendor/")
	return module.CheckImportPath(importPath) == nil && first != "std" && first != "cmd" && !vendored
}

// isPlainSource reports whether it can be said here on what a file is compiled: not if that
// depends on the version of the go command, or on whether it finds a compiler for C.
func isPlainSource(content []byte) bool {
	for line := range bytes.Lines(content) {
		line = bytes.TrimSpace(line)
		switch {
		case bytes.HasPrefix(line, []byte("package ")):
			return true
		case bytes.HasPrefix(line, []byte("//go:build")), bytes.HasPrefix(line, []byte("// +build")), bytes.HasPrefix(line, []byte("//+build")):
			if bytes.Contains(line, []byte(".")) || bytes.Contains(line, []byte("cgo")) {
				return false
			}
		}
	}
	return true
}

// packageName is the name in a file's package clause, empty if that cannot be read.
func packageName(file string) string {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly)
	if err != nil {
		return ""
	}
	return parsed.Name.Name
}

// possibleNames are what the imports of a file may be called if their names are not
// given: a package need not be called as its path suggests, but code that uses it writes
// its name before a dot.
func possibleNames(file *ast.File) map[string]bool {
	possible := map[string]bool{}
	for _, spec := range file.Imports {
		if _, known := descriptions[pathOf(spec)]; spec.Name == nil && !known {
			possible[guessedName(pathOf(spec))] = true
		}
	}
	if len(possible) == 0 {
		return nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if of, ok := selector.X.(*ast.Ident); ok {
				possible[of.Name] = true
			}
		}
		return true
	})
	return possible
}
