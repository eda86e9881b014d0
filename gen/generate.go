package gen

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/emit"
	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/lock"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/gen/internal/parse"
)

// DefaultOutput is the file that the generator writes if it is not told another one.
const DefaultOutput = "session_gen.go"

// Config says what to generate.
type Config struct {
	Dir      string   // where patterns and positions start from; empty: the working directory
	Patterns []string // packages; none: the one in Dir
	Types    []string // schemas; none: all
	Output   string   // name of the file in each package; empty: DefaultOutput
	Break    []string // keys of the lock whose values may be lost: visitor.name, or name
	Against  []string // earlier versions whose locks are compared too: git revisions, or files of locks

	Warn func(Error) // called with what is no error and most likely a mistake; nil: not called

	thorough bool // never load.Fast: for tests that compare
}

// Generate makes the code for all schemas that config asks for. An error that concerns schemas
// is of type [Errors] and holds everything that is wrong. The files are then those of the
// packages that have no error.
func Generate(ctx context.Context, config Config) ([]File, error) {
	packages, errs, dir, err := read(ctx, &config)
	if err != nil {
		return nil, err
	}
	if errs != nil && len(config.Break) > 0 {
		return nil, errs.RelativeTo(dir) // a key of -break may be that of a package with errors
	}
	if config.Warn != nil {
		for _, warning := range model.SharedCookies(packages).RelativeTo(dir) {
			config.Warn(warning)
		}
	}
	released, unknown := lock.Released(ctx, dir, packages, config.Against)
	if unknown != nil {
		return nil, slices.Concat(errs, unknown).RelativeTo(dir)
	}
	packages, locks, refused := lock.Check(packages, released, config.Break)
	files, unwritable, err := emitAll(packages, locks, config.Output)
	if err != nil {
		return nil, err
	}
	all := model.ErrorList{List: slices.Concat(errs, refused, unwritable)}
	if errs := all.Sorted(); errs != nil {
		return files, errs.RelativeTo(dir)
	}
	return files, nil
}

// readAll is read for results that concern all packages together, so that one with errors
// leaves nothing to do.
func readAll(ctx context.Context, config *Config) (packages []*model.Package, dir string, err error) {
	packages, errs, dir, err := read(ctx, config)
	if err == nil && errs != nil {
		err = errs.RelativeTo(dir)
	}
	return packages, dir, err
}

// read completes config and reads the packages with schemas that it asks for. errs are those
// of the packages that it leaves out. dir is where positions start from.
func read(ctx context.Context, config *Config) (packages []*model.Package, errs model.Errors, dir string, err error) {
	if config.Output == "" {
		config.Output = DefaultOutput
	}
	if len(config.Patterns) == 0 {
		config.Patterns = []string{"."}
	}
	if err := errors.Join(load.CheckOutput(config.Output), load.CheckPatterns(config.Patterns)); err != nil {
		return nil, nil, "", err
	}
	if dir, err = filepath.Abs(config.Dir); err != nil {
		return nil, nil, "", err
	}
	if packages := readFast(ctx, dir, *config); packages != nil {
		return packages, nil, dir, nil
	}
	sources, unreadable := load.Packages(ctx, dir, config.Output, config.Patterns)
	packages, errs = parseAll(sources, unreadable, *config)
	return packages, errs, dir, nil
}

// readFast is read for the case that nothing is wrong; nil where it is of no use.
func readFast(ctx context.Context, dir string, config Config) []*model.Package {
	if config.thorough {
		return nil
	}
	src, found := load.Fast(ctx, dir, config.Output, config.Patterns)
	if !found {
		return nil
	}
	packages, errs := parseAll([]*load.Source{src}, nil, config)
	if errs != nil || slices.ContainsFunc(packages, func(p *model.Package) bool { return emit.MayClash(p, src.Possible) }) {
		return nil
	}
	return packages
}

// emitAll makes the files of packages: their code, and then their locks. It leaves out the
// packages whose code cannot be written.
func emitAll(packages []*model.Package, locks []lock.File, output string) (files []File, errs model.Errors, err error) {
	left := map[string]bool{}
	for _, pkg := range packages {
		content, err := emit.File(pkg)
		if wrong, ok := errors.AsType[model.Errors](err); ok {
			errs = append(errs, wrong...)
			left[pkg.Dir] = true
			continue
		} else if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", pkg.Types.Path(), err)
		}
		files = append(files, File{Path: filepath.Join(pkg.Dir, output), Content: content})
	}
	for _, f := range lockFiles(locks) {
		if !left[filepath.Dir(f.Path)] {
			files = append(files, f)
		}
	}
	return files, errs, nil
}

// parseAll parses the packages that have schemas and reports what was asked for and is not
// there, unless it may be in one of those that could not be read. It leaves out packages with
// errors.
func parseAll(sources []*load.Source, unreadable model.Errors, config Config) ([]*model.Package, model.Errors) {
	all := model.ErrorList{List: unreadable}
	var packages []*model.Package
	var declared []string
	wildcard := slices.ContainsFunc(config.Patterns, isWildcard)
	for _, src := range sources {
		if err := load.CheckOwner(filepath.Join(src.Dir, config.Output)); err != nil {
			all.List = append(all.List, *err)
			continue
		}
		pkg, errs := parse.Package(src, config.Types)
		all.List = append(all.List, errs...)
		declared = append(declared, pkg.Declared...)
		if len(pkg.Declared) == 0 && len(errs) == 0 && !wildcard {
			all.Add(token.Position{}, "package "+src.Path+" has no schema: "+declareSchema+overlooked([]string{src.Dir}, ""))
		}
		if len(pkg.Schemas) > 0 && len(errs) == 0 {
			packages = append(packages, pkg)
		}
	}
	if wildcard && len(declared) == 0 && len(all.List) == 0 {
		all.Add(token.Position{}, "no package in "+strings.Join(config.Patterns, " ")+" has a schema: "+declareSchema+overlooked(foldersOf(sources, config), ""))
	}
	for _, name := range config.Types {
		if len(declared) > 0 && len(unreadable) == 0 && !slices.Contains(declared, name) {
			all.Add(token.Position{}, fmt.Sprintf("schema %s not found: choose from %s", name, strings.Join(declared, ", "))+overlooked(foldersOf(sources, config), name))
		}
	}
	return packages, all.Sorted()
}

// isWildcard reports whether a pattern asks for whatever packages there are: one without a
// schema is no mistake then.
func isWildcard(pattern string) bool {
	return pattern == "all" || pattern == "work" || strings.Contains(pattern, "...")
}

const declareSchema = "declare a struct with a blank field such as _ struct{} `session:\"idle=30m\"`"
