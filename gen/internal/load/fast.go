package load

import (
	"context"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Fast reads one package as [Packages] does, in a small part of the time: it asks the go
// command about nothing but the imports that the types of a schema's fields name, and
// not even about those that are described in this program. Everything else that the
// package imports is taken for empty, which does no harm outside of what a schema is
// made of.
//
// It is made for the case that nothing is wrong. Where anything is unusual, or may turn
// out another way than for Packages, found is false; so it is for the caller if what is made
// of the source has an error. What there is to be said then, Packages says.
//
// Two things go unnoticed, for which all that is imported would have to be read: that it
// imports the package in turn, and that an import which nothing uses has a package with
// the name of something that is generated. The compiler says both.
func Fast(ctx context.Context, dir, output string, patterns []string) (src *Source, found bool) {
	if len(patterns) != 1 || !isDirectory(patterns[0]) || !plainEnvironment() {
		return nil, false
	}
	from := dir
	dir = filepath.Join(from, filepath.FromSlash(patterns[0]))
	if filepath.IsAbs(patterns[0]) {
		dir = filepath.Clean(patterns[0])
	}
	importPath, goVersion, found := importPathOf(from, dir)
	module, _ := folderAbove(dir, "go.mod")
	if !found {
		return nil, false
	}
	fset := token.NewFileSet()
	files, ignored, possible, found := parseDirectory(fset, dir, output)
	if !found || !areImportable(importPath, files) {
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
	src = &Source{
		Path: importPath, Dir: dir, Module: module, Files: files, Fset: fset, Possible: possible, LeftOut: leftOut(fset, ignored, files[0].Name.Name),
		Info: &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}},
	}
	config := types.Config{
		IgnoreFuncBodies: true,
		GoVersion:        goVersion,
		Importer:         imports,
		Sizes:            types.SizesFor("gc", build.Default.GOARCH),
		Error: func(err error) {
			if err, ok := err.(types.Error); ok {
				src.TypeErrors = append(src.TypeErrors, err)
			}
		},
	}
	src.Types, _ = config.Check(importPath, fset, files, src.Info) // its first error has been collected
	return src, true
}

// isDirectory reports whether a pattern names one package by its folder.
func isDirectory(pattern string) bool {
	if strings.Contains(pattern, "...") {
		return false
	}
	slashed := filepath.ToSlash(pattern)
	return slashed == "." || slashed == ".." || strings.HasPrefix(slashed, "./") || strings.HasPrefix(slashed, "../") || filepath.IsAbs(pattern)
}

// foreignSources are the endings of source files in other languages.
var foreignSources = []string{".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90", ".s", ".S", ".sx", ".swig", ".swigcxx", ".syso"}

// parseDirectory parses the files that the go command would compile, but for our own
// output. It wants them to be of one package, and none to be C's business.
//
// ignored are files that the go command would not compile here, and possible the names that
// imports may have.
func parseDirectory(fset *token.FileSet, dir, output string) (files []*ast.File, ignored []string, possible map[string]bool, found bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, nil, false
	}
	possible = map[string]bool{}
	packages := map[string]bool{}
	for _, entry := range entries {
		name := entry.Name()
		if slices.Contains(foreignSources, filepath.Ext(name)) {
			return nil, nil, nil, false // the go command has its own rules for these
		}
		if name == output {
			if written := packageName(filepath.Join(dir, name)); written != "" {
				packages[written] = true
			}
			continue
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		full := filepath.Join(dir, name)
		content, err := os.ReadFile(full)
		if err != nil || !isPlainSource(content) {
			return nil, nil, nil, false
		}
		if compiled, err := build.Default.MatchFile(dir, name); err != nil {
			return nil, nil, nil, false
		} else if !compiled {
			ignored = append(ignored, full)
			continue
		}
		file, err := parser.ParseFile(fset, full, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, nil, false
		}
		maps.Copy(possible, possibleNames(file))
		withoutBodies(file)
		isC := func(spec *ast.ImportSpec) bool { return spec.Path.Value == `"C"` }
		if slices.ContainsFunc(file.Imports, isC) {
			return nil, nil, nil, false
		}
		packages[file.Name.Name] = true
		files = append(files, file)
	}
	return files, ignored, possible, len(files) > 0 && len(packages) == 1 && !packages["documentation"]
}

// areImportable reports whether the package at a path may import what its files do.
func areImportable(from string, files []*ast.File) bool {
	for _, file := range files {
		for _, spec := range file.Imports {
			if importPath := pathOf(spec); importPath == from || !isPlainPath(importPath) || !Importable(from, importPath) {
				return false
			}
		}
	}
	return true
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
	for _, flag := range goFlags() {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if !slices.Contains([]string{"mod", "modcacherw", "buildvcs", "trimpath", "v", "p", "count"}, name) {
			return false
		}
	}
	return true
}

// goFlags are the flags that the go command is given by the environment.
func goFlags() []string {
	flags := os.Getenv("GOFLAGS")
	if flags == "" {
		settings, _ := goSettings()
		flags = settings["GOFLAGS"]
	}
	return strings.Fields(flags)
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

// hasPackagesDriver reports whether package packages would ask another program than the
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
