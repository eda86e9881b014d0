package gen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

	thorough bool // never loadFast: for tests that compare
}

// File is what one package gets. Nothing is written before all of a run is known
// to be right, so a caller may also compare it with what is there.
type File struct {
	Path    string
	Content []byte

	amends bool // Content was made of what was at Path before
	before []byte
}

// ErrLockChanged says that another run has changed a lock that this one has read.
// Nothing is written then, and both are right after one more run.
var ErrLockChanged = errors.New(LockName + " was changed by another run meanwhile: generate again")

// Generate makes the code for all schemas that config asks for. An error that
// concerns schemas is of type [Errors] and holds everything that is wrong.
func Generate(ctx context.Context, config Config) ([]File, error) {
	packages, dir, err := read(ctx, &config)
	if err != nil {
		return nil, err
	}
	locks, errs := lockAll(packages, config.Break)
	if errs != nil {
		return nil, errs.relativeTo(dir)
	}
	files, err := emitAll(packages, dir, config.Output)
	if err != nil {
		return nil, err
	}
	return append(files, locks...), nil
}

// read completes config and reads the packages with schemas that it asks for. dir
// is where positions start from.
func read(ctx context.Context, config *Config) (packages []*Package, dir string, err error) {
	if config.Output == "" {
		config.Output = DefaultOutput
	}
	if len(config.Patterns) == 0 {
		config.Patterns = []string{"."}
	}
	if err := errors.Join(checkOutput(config.Output), checkPatterns(config.Patterns)); err != nil {
		return nil, "", err
	}
	if dir, err = filepath.Abs(config.Dir); err != nil {
		return nil, "", err
	}
	if packages := readFast(ctx, dir, *config); packages != nil {
		return packages, dir, nil
	}
	sources, errs := load(ctx, dir, config.Output, config.Patterns)
	if errs != nil {
		return nil, "", errs.relativeTo(dir)
	}
	if packages, errs = parseAll(sources, *config); errs != nil {
		return nil, "", errs.relativeTo(dir)
	}
	return packages, dir, nil
}

// readFast is read for the case that nothing is wrong; nil where it is of no use.
func readFast(ctx context.Context, dir string, config Config) []*Package {
	if config.thorough {
		return nil
	}
	src, found := loadFast(ctx, dir, config.Output, config.Patterns)
	if !found {
		return nil
	}
	packages, errs := parseAll([]*source{src}, config)
	if errs != nil || slices.ContainsFunc(packages, src.mayClash) {
		return nil
	}
	return packages
}

func emitAll(packages []*Package, dir, output string) ([]File, error) {
	var files []File
	var all errorList
	for _, pkg := range packages {
		content, err := emit(pkg)
		if errs, ok := errors.AsType[Errors](err); ok {
			all.list = append(all.list, errs...)
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", pkg.Types.Path(), err)
		}
		files = append(files, File{Path: filepath.Join(pkg.Dir, output), Content: content})
	}
	if errs := all.sorted(); errs != nil {
		return nil, errs.relativeTo(dir)
	}
	return files, nil
}

// parseAll parses the packages that have schemas and reports what was asked for
// and is not there.
func parseAll(sources []*source, config Config) ([]*Package, Errors) {
	var all errorList
	var packages []*Package
	var declared []string
	wildcard := slices.ContainsFunc(config.Patterns, isWildcard)
	for _, src := range sources {
		if err := checkOwner(filepath.Join(src.dir, config.Output)); err != nil {
			all.list = append(all.list, *err)
			continue
		}
		pkg, errs := parse(src, config.Types)
		all.list = append(all.list, errs...)
		declared = append(declared, pkg.declared...)
		if len(pkg.declared) == 0 && len(errs) == 0 && !wildcard {
			all.add(token.Position{}, "package "+src.path+" has no schema: "+declareSchema)
		}
		if len(pkg.Schemas) > 0 {
			packages = append(packages, pkg)
		}
	}
	if wildcard && len(declared) == 0 && len(all.list) == 0 {
		all.add(token.Position{}, "no package in "+strings.Join(config.Patterns, " ")+" has a schema: "+declareSchema)
	}
	for _, name := range config.Types {
		if len(declared) > 0 && !slices.Contains(declared, name) {
			all.add(token.Position{}, fmt.Sprintf("there is no schema %s: choose from %s", name, strings.Join(declared, ", ")))
		}
	}
	return packages, all.sorted()
}

// isWildcard reports whether a pattern asks for whatever packages there are: one without a
// schema is no mistake then.
func isWildcard(pattern string) bool {
	return pattern == "all" || pattern == "work" || strings.Contains(pattern, "...")
}

const declareSchema = "declare a struct with a blank field such as _ struct{} `session:\"idle=30m\"`"

// header is how generated files are recognised, by us and by the go command.
const header = "// Code generated by sessiongen. DO NOT EDIT."

// checkOwner refuses to replace a file that somebody has written by hand. One
// that is empty or half merged is replaced.
func checkOwner(path string) *Error {
	at := token.Position{Filename: path, Line: 1, Column: 1}
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &Error{at, err.Error()}
	case len(bytes.TrimSpace(content)) > 0 && !writtenBefore(string(content)):
		return &Error{at, "file was not written by sessiongen, so it is not replaced: remove it, or choose another name with -o"}
	}
	return nil
}

// writtenBefore says whether the content of a file has the header above its package
// clause, or after it on one side of a conflict that begins above.
func writtenBefore(content string) bool {
	merged := false
	for line := range strings.Lines(content) {
		switch line = strings.TrimRight(line, " \t\r\n"); {
		case line == header:
			return true
		case isConflictMark(line):
			merged = true
		case strings.HasPrefix(line, "package ") && !merged:
			return false
		}
	}
	return false
}

// Write puts all files in place, or none: it first writes temporary ones beside
// them and renames those only when all are complete; if that fails in between, it
// puts the old ones back. Files that are the same already are left alone. It
// returns the paths of those that it replaced.
func Write(files []File) (replaced []string, err error) {
	staged := map[string]string{} // path → temporary file
	defer func() {
		for _, temporary := range staged {
			err = errors.Join(err, os.Remove(temporary))
		}
	}()
	old := map[string][]byte{}
	amended := map[string][]byte{}
	for _, f := range files {
		if f.amends {
			amended[f.Path] = f.before
		}
		content, err := os.ReadFile(f.Path)
		if err == nil && bytes.Equal(content, f.Content) {
			continue
		}
		if err == nil {
			old[f.Path] = content
		}
		temporary, err := stage(f)
		if err != nil {
			return nil, err
		}
		staged[f.Path] = temporary
	}
	for _, path := range slices.Sorted(maps.Keys(staged)) {
		err := stillAs(path, amended)
		if err == nil {
			err = os.Rename(staged[path], path)
		}
		if err != nil {
			return nil, errors.Join(err, restore(replaced, old))
		}
		delete(staged, path)
		replaced = append(replaced, path)
	}
	return replaced, nil
}

// stillAs refuses to replace a lock that is not what it was when it was read.
func stillAs(path string, amended map[string][]byte) error {
	before, amends := amended[path]
	if !amends {
		return nil
	}
	now, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !bytes.Equal(now, before) {
		return ErrLockChanged
	}
	return nil
}

// restore puts back what was at paths before, if anything was.
func restore(paths []string, old map[string][]byte) error {
	var errs []error
	for _, path := range paths {
		content, existed := old[path]
		if !existed {
			errs = append(errs, os.Remove(path))
			continue
		}
		temporary, err := stage(File{Path: path, Content: content})
		if err == nil {
			err = os.Rename(temporary, path)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// stage writes a file's content beside it.
func stage(f File) (path string, err error) {
	temporary, err := os.CreateTemp(filepath.Dir(f.Path), ".sessiongen-*")
	if err != nil {
		return "", err
	}
	_, err = temporary.Write(f.Content)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(temporary.Name()))
	}
	return temporary.Name(), nil
}
