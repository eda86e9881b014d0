// Package migrate is for sessiongen init: it reads a program that keeps its sessions with
// another library and writes the schema that it moves to: load → read → fields → write. Of
// sessiongen's packages it imports gen alone.
package migrate

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/sessiongen/sessiongen/gen"
)

// Config says what to read and what to write.
type Config struct {
	From     string   // one of the names that [Libraries] returns
	Dir      string   // where patterns and positions start from; empty: the working directory
	Patterns []string // packages to read; none: the one in Dir
	Package  string   // directory of the package that gets the schema; empty: the only one that uses keys
	Type     string   // name of the schema; empty: visitor
	Output   string   // name of the file; empty: that of the schema, with .go
}

// Plan is what [Init] has found out and written.
type Plan struct {
	Path         string        // the file that was written
	Package      string        // its directory, as a pattern
	Source       []byte        // what it holds
	Fill         string        // the file with the function that fills a session from an old one
	Legacy       string        // the option that keeps visitors signed in, as it is written
	Replacements []Replacement // every call of the library, in the order of their positions
	Open         []gen.Error   // what a person has to decide
}

// Replacement says what takes the place of one call.
type Replacement struct {
	Position token.Position
	Function string // that it stands in; empty: none
	Call     string
	By       string
}

// Libraries are the names of the libraries that programs can be moved from.
func Libraries() []string {
	var names []string
	for _, l := range libraries {
		names = append(names, l.name)
	}
	return names
}

// Init reads a program and writes the schema for it. It replaces no file.
func Init(ctx context.Context, config Config) (*Plan, error) {
	index := slices.IndexFunc(libraries, func(l library) bool { return l.name == config.From })
	if index < 0 {
		return nil, fmt.Errorf("-from names the library that the program uses: one of %s", strings.Join(Libraries(), ", "))
	}
	if err := config.complete(); err != nil {
		return nil, err
	}
	p, err := load(ctx, config, libraries[index])
	if err != nil {
		return nil, err
	}
	p.read()
	p.reportIgnored()
	if len(p.accesses) == 0 {
		return nil, fmt.Errorf("no key of a session is read or put by %s in %s", p.library.module, strings.Join(config.Patterns, " "))
	}
	if err := p.choosePackage(); err != nil {
		return nil, err
	}
	p.makeFields()
	path := filepath.Join(p.target.dir, config.Output)
	source, err := p.writeChecked(ctx, path)
	if err != nil {
		return nil, err
	}
	fill, err := p.fill()
	if err == nil {
		err = p.writeNew(fillPath(path), fill)
	}
	if err != nil {
		_ = os.Remove(path)
		return nil, err
	}
	return &Plan{
		Path: path, Package: p.target.pattern, Source: source, Fill: fillPath(path), Legacy: p.option(),
		Replacements: p.replacements(), Open: p.open(),
	}, nil
}

func (c *Config) complete() (err error) {
	if c.Dir, err = filepath.Abs(c.Dir); err != nil {
		return err
	}
	if len(c.Patterns) == 0 {
		c.Patterns = []string{"."}
	}
	if c.Type == "" {
		c.Type = "visitor"
	}
	if !token.IsIdentifier(c.Type) || !unicode.IsLower([]rune(c.Type)[0]) {
		return fmt.Errorf("-type %s is not the name of a schema: give an unexported name such as visitor, from which the type Visitor is made", c.Type)
	}
	if c.Output == "" {
		c.Output = c.Type + ".go"
	}
	if filepath.Base(c.Output) != c.Output || !strings.HasSuffix(c.Output, ".go") || strings.HasSuffix(c.Output, "_test.go") {
		return fmt.Errorf("-o %s is not the name of a source file: give a name that ends in .go, without a directory", c.Output)
	}
	return nil
}

// target is the package that gets the schema.
type target struct {
	dir     string
	pattern string // ./web
	name    string // web
	pkg     *types.Package
	path    string // import path; empty: not known
}

// choosePackage finds where the schema belongs: beside the only package that uses
// keys, since all its users have to import it.
func (p *program) choosePackage() error {
	users := map[string]int{}
	for _, a := range p.accesses {
		users[a.pkg.Dir]++
	}
	dir := p.config.Package
	switch {
	case dir != "":
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(p.config.Dir, dir)
		}
	case len(users) == 1:
		dir = p.accesses[0].pkg.Dir
	default:
		var list []string
		for user, n := range users {
			list = append(list, fmt.Sprintf("%s (%d)", p.relative(user), n))
		}
		slices.Sort(list)
		return fmt.Errorf("keys are used in several packages, %s: name the one that gets the schema with -package; all of them import it, so it cannot be package main",
			strings.Join(list, ", "))
	}
	p.target = target{dir: dir, pattern: p.relative(dir), name: packageName(filepath.Base(dir))}
	for _, pkg := range p.packages {
		if pkg.Dir == dir {
			p.target.name, p.target.pkg, p.target.path = pkg.Name, pkg.Types, pkg.PkgPath
		}
	}
	if p.target.name == "main" && len(users) > 1 {
		return errors.New("the schema cannot be in package main, because other packages use keys, too: name a package that all of them can import with -package")
	}
	if p.target.path == "" && p.module.Path != "" {
		if below, err := filepath.Rel(p.module.Dir, dir); err == nil && filepath.IsLocal(below) {
			p.target.path = strings.TrimSuffix(p.module.Path+"/"+filepath.ToSlash(below), "/.")
		}
	}
	return nil
}

// packageName is a name for a new package in a directory called so.
func packageName(base string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, base)
	if !token.IsIdentifier(name) {
		return "web"
	}
	return name
}

// relative is a directory as a pattern that the go command takes.
func (p *program) relative(dir string) string {
	below, err := filepath.Rel(p.config.Dir, dir)
	if err != nil || !filepath.IsLocal(below) {
		return dir
	}
	if below == "." {
		return "."
	}
	return "./" + filepath.ToSlash(below)
}

// writeNew writes a file that must not exist.
func (p *program) writeNew(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists, and init replaces no files: remove it, or choose another file with -o", p.relative(path))
	}
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}
