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

	thorough bool // never load.Fast: for tests that compare
}

// Generate makes the code for all schemas that config asks for. An error that
// concerns schemas is of type [Errors] and holds everything that is wrong.
func Generate(ctx context.Context, config Config) ([]File, error) {
	packages, dir, err := read(ctx, &config)
	if err != nil {
		return nil, err
	}
	locks, errs := lock.Check(packages, config.Break)
	if errs != nil {
		return nil, errs.RelativeTo(dir)
	}
	files, err := emitAll(packages, dir, config.Output)
	if err != nil {
		return nil, err
	}
	return append(files, lockFiles(locks)...), nil
}

// read completes config and reads the packages with schemas that it asks for. dir
// is where positions start from.
func read(ctx context.Context, config *Config) (packages []*model.Package, dir string, err error) {
	if config.Output == "" {
		config.Output = DefaultOutput
	}
	if len(config.Patterns) == 0 {
		config.Patterns = []string{"."}
	}
	if err := errors.Join(load.CheckOutput(config.Output), load.CheckPatterns(config.Patterns)); err != nil {
		return nil, "", err
	}
	if dir, err = filepath.Abs(config.Dir); err != nil {
		return nil, "", err
	}
	if packages := readFast(ctx, dir, *config); packages != nil {
		return packages, dir, nil
	}
	sources, errs := load.Packages(ctx, dir, config.Output, config.Patterns)
	if errs != nil {
		return nil, "", errs.RelativeTo(dir)
	}
	if packages, errs = parseAll(sources, *config); errs != nil {
		return nil, "", errs.RelativeTo(dir)
	}
	return packages, dir, nil
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
	packages, errs := parseAll([]*load.Source{src}, config)
	if errs != nil || slices.ContainsFunc(packages, func(p *model.Package) bool { return emit.MayClash(p, src.Possible) }) {
		return nil
	}
	return packages
}

func emitAll(packages []*model.Package, dir, output string) ([]File, error) {
	var files []File
	var all model.ErrorList
	for _, pkg := range packages {
		content, err := emit.File(pkg)
		if errs, ok := errors.AsType[model.Errors](err); ok {
			all.List = append(all.List, errs...)
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", pkg.Types.Path(), err)
		}
		files = append(files, File{Path: filepath.Join(pkg.Dir, output), Content: content})
	}
	if errs := all.Sorted(); errs != nil {
		return nil, errs.RelativeTo(dir)
	}
	return files, nil
}

// parseAll parses the packages that have schemas and reports what was asked for
// and is not there.
func parseAll(sources []*load.Source, config Config) ([]*model.Package, model.Errors) {
	var all model.ErrorList
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
			all.Add(token.Position{}, "package "+src.Path+" has no schema: "+declareSchema)
		}
		if len(pkg.Schemas) > 0 {
			packages = append(packages, pkg)
		}
	}
	if wildcard && len(declared) == 0 && len(all.List) == 0 {
		all.Add(token.Position{}, "no package in "+strings.Join(config.Patterns, " ")+" has a schema: "+declareSchema)
	}
	for _, name := range config.Types {
		if len(declared) > 0 && !slices.Contains(declared, name) {
			all.Add(token.Position{}, fmt.Sprintf("schema %s not found: choose from %s", name, strings.Join(declared, ", ")))
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
