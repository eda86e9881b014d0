package gen

import (
	"context"
	"go/ast"
	"go/build"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
)

// loadFast reads one package as load does, in a small part of the time: it asks the go
// command about nothing but the imports that the types of a schema's fields name, and
// not even about those that are described in this program. Everything else that the
// package imports is taken for empty, which does no harm outside of what a schema is
// made of.
//
// It is made for the case that nothing is wrong. Where anything is unusual, or may turn
// out another way than for load, found is false; so it is for the caller if what is made
// of the source has an error. What there is to be said then, load says.
func loadFast(ctx context.Context, dir, output string, patterns []string) (src *source, found bool) {
	if len(patterns) != 1 || !isDirectory(patterns[0]) || !plainEnvironment() {
		return nil, false
	}
	dir = filepath.Join(dir, filepath.FromSlash(patterns[0]))
	if filepath.IsAbs(patterns[0]) {
		dir = filepath.Clean(patterns[0])
	}
	importPath, found := importPathOf(dir)
	if !found {
		return nil, false
	}
	fset := token.NewFileSet()
	files, found := parseDirectory(fset, dir, output)
	if !found {
		return nil, false
	}
	needs, found := needsOf(files)
	if !found {
		return nil, false
	}
	imports, found := importNeeded(ctx, fset, dir, needs)
	if !found {
		return nil, false
	}
	src = &source{
		path: importPath, dir: dir, files: files, fset: fset,
		info: &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}},
	}
	config := types.Config{
		IgnoreFuncBodies: true,
		Importer:         imports,
		Sizes:            types.SizesFor("gc", build.Default.GOARCH),
		Error: func(err error) {
			if err, ok := err.(types.Error); ok {
				src.typeErrors = append(src.typeErrors, err)
			}
		},
	}
	src.types, _ = config.Check(importPath, fset, files, src.info) // its first error has been collected
	return src, true
}

// isDirectory says whether a pattern names one package by its folder.
func isDirectory(pattern string) bool {
	if strings.Contains(pattern, "...") {
		return false
	}
	slashed := filepath.ToSlash(pattern)
	return slashed == "." || slashed == ".." || strings.HasPrefix(slashed, "./") || strings.HasPrefix(slashed, "../") || filepath.IsAbs(pattern)
}

// importPathOf finds the import path of a folder by the go.mod above it.
func importPathOf(dir string) (importPath string, found bool) {
	for root := dir; ; root = filepath.Dir(root) {
		content, err := os.ReadFile(filepath.Join(root, "go.mod"))
		if err == nil {
			module := modfile.ModulePath(content)
			inside, err := filepath.Rel(root, dir)
			if module == "" || module == "std" || module == "cmd" || err != nil {
				return "", false
			}
			return path.Join(module, filepath.ToSlash(inside)), true
		}
		if root == filepath.Dir(root) {
			return "", false
		}
	}
}

// foreignSources are the endings of source files in other languages.
var foreignSources = []string{".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90", ".s", ".S", ".sx", ".swig", ".swigcxx", ".syso"}

// parseDirectory parses the files that the go command would compile, but for our own
// output. It wants them to be of one package, and none to be C's business.
func parseDirectory(fset *token.FileSet, dir, output string) (files []*ast.File, found bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, false
	}
	for _, entry := range entries {
		name := entry.Name()
		if slices.Contains(foreignSources, filepath.Ext(name)) {
			return nil, false // the go command has its own rules for these
		}
		if name == output || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if compiled, err := build.Default.MatchFile(dir, name); err != nil {
			return nil, false
		} else if !compiled {
			continue
		}
		full := filepath.Join(dir, name)
		content, err := os.ReadFile(full)
		if err != nil {
			return nil, false
		}
		file, err := parseWithoutBodies(fset, full, content)
		if err != nil || len(files) > 0 && file.Name.Name != files[0].Name.Name {
			return nil, false
		}
		isC := func(spec *ast.ImportSpec) bool { return spec.Path.Value == `"C"` }
		if slices.ContainsFunc(file.Imports, isC) {
			return nil, false
		}
		files = append(files, file)
	}
	return files, len(files) > 0
}

// plainEnvironment says that nothing tells the go command to see other files, or other
// packages in their place, than are there.
func plainEnvironment() bool {
	if os.Getenv("GO111MODULE") == "off" || hasPackagesDriver() {
		return false
	}
	settings, known := goSettings()
	if !known {
		return false
	}
	for _, name := range []string{"GOOS", "GOARCH", "CGO_ENABLED", "GO111MODULE", "GOEXPERIMENT"} {
		if settings[name] != "" && os.Getenv(name) == "" {
			return false // package build does not know of it
		}
	}
	flags := os.Getenv("GOFLAGS")
	if flags == "" {
		flags = settings["GOFLAGS"]
	}
	for _, flag := range strings.Fields(flags) {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if !slices.Contains([]string{"mod", "modcacherw", "buildvcs", "trimpath", "v", "p", "count"}, name) {
			return false
		}
	}
	return true
}

// goSettings are what go env -w has written.
func goSettings() (settings map[string]string, known bool) {
	file := os.Getenv("GOENV")
	if file == "off" {
		return nil, true
	}
	if file == "" {
		config, err := os.UserConfigDir()
		if err != nil {
			return nil, true // nor does the go command find one then
		}
		file = filepath.Join(config, "go", "env")
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, os.IsNotExist(err)
	}
	settings = map[string]string{}
	for line := range strings.Lines(string(content)) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found {
			settings[name] = value
		}
	}
	return settings, true
}

// hasPackagesDriver says whether package packages would ask another program than the
// go command.
func hasPackagesDriver() bool {
	driver := os.Getenv("GOPACKAGESDRIVER")
	if driver == "off" {
		return false
	}
	if driver != "" {
		return true
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, "gopackagesdriver")); err == nil {
			return true
		}
	}
	return false
}

// pathOf is the path of an import declaration.
func pathOf(spec *ast.ImportSpec) string {
	importPath, _ := strconv.Unquote(spec.Path.Value)
	return importPath
}
