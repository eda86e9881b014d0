package main

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/sessiongen/sessiongen/gen"
)

// loadToVet reads packages and, of what they import, the syntax of those packages that an
// analysis has to look at: a fact of a package is found in its syntax, and only one with a
// schema has any. Of all others the compiler's export data is enough.
func loadToVet(ctx context.Context, patterns []string, tests bool) ([]*packages.Package, error) {
	if len(patterns) == 0 {
		patterns = []string{"."} // what is loaded again is added to them
	}
	found, err := packages.Load(vetConfig(ctx, packages.LoadSyntax, tests), patterns...)
	if err == nil && len(found) == 0 {
		err = gen.Unlisted(ctx, "", patterns)
	}
	if err != nil {
		return nil, err
	}
	if declaring := unreadSchemas(found); len(declaring) > 0 {
		// What imports these is read with them, so that each type is there once.
		all, err := packages.Load(vetConfig(ctx, packages.LoadSyntax, tests), slices.Concat(patterns, declaring)...)
		if err != nil {
			return nil, err
		}
		found = sameOf(all, found)
	}
	if !forgetCompiler(found) {
		return packages.Load(vetConfig(ctx, packages.LoadAllSyntax, tests), patterns...)
	}
	for pkg := range packages.Postorder(found) {
		maps.DeleteFunc(pkg.Imports, func(_ string, imported *packages.Package) bool { return imported.Syntax == nil })
	}
	return found, nil
}

func vetConfig(ctx context.Context, mode packages.LoadMode, tests bool) *packages.Config {
	return &packages.Config{Context: ctx, Mode: mode | packages.NeedModule, Tests: tests}
}

// unreadSchemas are the paths of packages that declare schemas and whose syntax was not
// read.
func unreadSchemas(found []*packages.Package) (paths []string) {
	for pkg := range packages.Postorder(found) {
		if pkg.Syntax == nil && slices.ContainsFunc(pkg.GoFiles, declaresSchema) {
			paths = append(paths, pkg.PkgPath)
		}
	}
	return paths
}

// declaresSchema reports whether a file declares what may be a schema. One that cannot be
// read cannot be compiled either, which is said elsewhere.
func declaresSchema(file string) bool {
	content, err := os.ReadFile(file)
	return err == nil && gen.DeclaresSchema(content)
}

// sameOf are those packages of all that are in found, in its order.
func sameOf(all, found []*packages.Package) (same []*packages.Package) {
	byID := map[string]*packages.Package{}
	for _, pkg := range all {
		byID[pkg.ID] = pkg
	}
	for _, pkg := range found {
		same = append(same, byID[pkg.ID])
	}
	return same
}

// forgetCompiler removes what the compiler said about packages that were then read from
// source: their type errors say it with positions. It reports whether they do: a package
// that can be read and yet not be compiled is no reason to look at no other.
func forgetCompiler(found []*packages.Package) (explained bool) {
	explained = true
	for pkg := range packages.Postorder(found) {
		if len(pkg.Errors) == 0 {
			continue
		}
		pkg.Errors = slices.DeleteFunc(pkg.Errors, func(err packages.Error) bool {
			return err.Pos == "" && strings.HasPrefix(err.Msg, "# ")
		})
		explained = explained && len(pkg.Errors) > 0
	}
	return explained
}
