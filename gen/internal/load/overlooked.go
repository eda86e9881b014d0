package load

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Overlooked is a struct that would be a schema if its file were compiled.
type Overlooked struct {
	Name       string
	Position   token.Position
	Constraint string // of its file; empty: it is that of a test
}

// FindOverlooked finds what would be a schema in the files of folders that no package has: tests,
// and those that constraints leave out. It is for packages that have no schema.
func FindOverlooked(folders []string) (found []Overlooked) {
	for _, folder := range folders {
		names, _ := filepath.Glob(filepath.Join(folder, "*.go")) // a folder with a bad name has none
		for _, name := range names {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				continue
			}
			at := Constraint(name, file)
			if strings.HasSuffix(name, "_test.go") {
				at = ""
			} else if at == "" {
				continue
			}
			for _, spec := range SchemaSpecs(file) {
				found = append(found, Overlooked{spec.Name.Name, fset.Position(spec.Name.Pos()), at})
			}
		}
	}
	return found
}

// FoldersBelow are the folders that local patterns such as ./... stand for. The go command does
// not list those of which it would compile no file.
func FoldersBelow(dir string, patterns []string) (folders []string) {
	for _, pattern := range patterns {
		root, below := strings.CutSuffix(pattern, "/...")
		if !below || !isDirectory(root) {
			continue
		}
		root = inFolder(dir, root)
		walk := func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return nil // the go command says what it cannot read
			}
			if path != root && isOutside(path) {
				return fs.SkipDir
			}
			folders = append(folders, path)
			return nil
		}
		_ = filepath.WalkDir(root, walk) // walk returns no error
	}
	return folders
}

// isOutside reports whether the go command leaves a folder out of the module around it.
func isOutside(folder string) bool {
	name := filepath.Base(folder)
	if name == "testdata" || name == "vendor" || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
		return true
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}
