package lock

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// movedHere returns the lines of schemas that have come from another package of the module: their
// session cookie is in the lock there, and the package has no such type any more.
func movedHere(pkg *model.Package, own []line) (lines []line) {
	var others []lock
	for _, s := range pkg.Schemas {
		if slices.ContainsFunc(own, func(l line) bool { return l.schema() == s.Name }) {
			continue
		}
		if others == nil {
			others = locksAround(pkg)
		}
		lines = append(lines, linesElsewhere(pkg.Dir, s, others)...)
	}
	return lines
}

func linesElsewhere(dir string, s *model.Schema, others []lock) (lines []line) {
	for _, other := range others {
		i := slices.IndexFunc(other.lines, func(l line) bool { return l.form == formSession && isOf(s, l) && !l.gone })
		if i < 0 || declares(filepath.Dir(other.file), other.lines[i].schema()) {
			continue
		}
		from := other.lines[i].schema()
		file, err := filepath.Rel(dir, other.file)
		if err != nil {
			file = other.file
		}
		for _, l := range other.lines {
			if l.schema() == from {
				l.path, l.file = moved(l.path, s.Name), filepath.ToSlash(file)
				lines = append(lines, l)
			}
		}
	}
	return lines
}

// locksAround reads the locks of the other packages of a module, as far as they can be read.
func locksAround(pkg *model.Package) (locks []lock) {
	root := pkg.Dir
	for !exists(filepath.Join(root, "go.mod")) {
		above := filepath.Dir(root)
		if above == root {
			return nil
		}
		root = above
	}
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fs.SkipDir
		case entry.IsDir() && path != root && (isLeftOut(entry.Name()) || exists(filepath.Join(path, "go.mod"))):
			return fs.SkipDir
		case entry.Name() == Name && filepath.Dir(path) != pkg.Dir:
			if l, errs := readLock(path); len(errs) == 0 {
				locks = append(locks, l)
			}
		}
		return nil
	})
	return locks
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// isLeftOut reports whether the go command does not look for packages in a folder of that name,
// or there are many files in it that are not of the module.
func isLeftOut(folder string) bool {
	return folder[0] == '.' || folder[0] == '_' || folder == "testdata" || folder == "vendor" || folder == "node_modules"
}

// declares reports whether a package declares a type.
func declares(dir, name string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil && file == nil || strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, declaration := range file.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if ok && group.Tok == token.TYPE && slices.ContainsFunc(group.Specs, func(s ast.Spec) bool { return s.(*ast.TypeSpec).Name.Name == name }) {
				return true
			}
		}
	}
	return false
}
