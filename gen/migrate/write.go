package migrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/format"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/sessiongen/sessiongen/gen"
)

// writeChecked writes the schema and has sessiongen itself read it. A field that it
// refuses is left out, in its words.
func (p *program) writeChecked(ctx context.Context, path string) ([]byte, error) {
	if err := p.nothingLeft(); err != nil {
		return nil, err
	}
	blank := p.library.blank(p)
	lines := map[int]*field{}
	source, err := p.source(blank, lines)
	if err != nil {
		return nil, err
	}
	if err := p.writeNew(path, source); err != nil {
		return nil, err
	}
	for {
		refused, err := p.refuse(ctx, path, lines)
		if err == nil {
			err = p.nothingLeft()
		}
		if err != nil {
			_ = os.Remove(path)
			return nil, err
		}
		if !refused {
			return source, nil
		}
		clear(lines)
		if source, err = p.source(blank, lines); err == nil {
			err = os.WriteFile(path, source, 0o666)
		}
		if err != nil {
			return nil, err
		}
	}
}

// nothingLeft is what is wrong with every field, if none is left.
func (p *program) nothingLeft() error {
	for _, f := range p.fields {
		if f.out == "" {
			return nil
		}
	}
	return gen.Errors(p.open())
}

// refuse leaves out the fields that sessiongen refuses.
func (p *program) refuse(ctx context.Context, path string, lines map[int]*field) (refused bool, err error) {
	_, err = gen.Generate(ctx, gen.Config{Dir: p.config.Dir, Patterns: []string{p.target.pattern}, Types: []string{p.config.Type}})
	errs, ok := errors.AsType[gen.Errors](err)
	if err == nil || !ok {
		return false, err
	}
	for _, e := range errs {
		file := e.Position.Filename
		if !filepath.IsAbs(file) {
			file = filepath.Join(p.config.Dir, file)
		}
		f := p.concerned(e.Message)
		if file == path && lines[e.Position.Line] != nil {
			f = lines[e.Position.Line]
		}
		if f == nil || f.out != "" {
			continue
		}
		refused = true
		f.out = strings.TrimPrefix(e.Message, p.config.Type+"."+f.name+": ")
		p.problemf(f.accesses[0].node.Pos(), "key %s is left out: %s", p.keyText(f.key), f.out)
	}
	if !refused {
		return false, err
	}
	return true, nil
}

// concerned is the field that a message begins with: what is wrong may stand where its type
// is declared.
func (p *program) concerned(message string) *field {
	name, found := strings.CutPrefix(message, p.config.Type+".")
	if !found {
		return nil
	}
	name = name[:max(0, strings.IndexFunc(name, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }))]
	for _, f := range p.fields {
		if f.name == name {
			return f
		}
	}
	return nil
}

// source writes the file, and notes which field stands in which line.
func (p *program) source(blank blankField, lines map[int]*field) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "package %s\n\n", p.target.name)
	p.writeImports(&b, p.fieldImports())
	fmt.Fprintf(&b, "//go:generate go tool sessiongen -type %s\n\n", p.config.Type)
	fmt.Fprintf(&b, "// %s is what the site remembers about one browser. It was written by\n// sessiongen init -from %s; edit it as you like.\n", p.config.Type, p.library.name)
	for _, advice := range append(p.library.advice(p), p.whoIsSignedIn()...) {
		b.WriteString("//\n")
		comment(&b, "", advice)
	}
	fmt.Fprintf(&b, "type %s struct {\n", p.config.Type)
	for _, note := range blank.notes {
		comment(&b, "\t", note)
	}
	fmt.Fprintf(&b, "\t_ struct{} `session:\"idle=%s,lifetime=%s\" cookie:\"%s\"`\n", blank.idle, blank.lifetime, blank.cookie)
	for _, f := range p.fields {
		b.WriteString("\n")
		p.writeField(&b, f)
	}
	b.WriteString("}\n")
	text, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("the schema to be written is not valid Go: %w", err)
	}
	p.findLines(text, lines)
	return text, nil
}

// whoIsSignedIn reminds of the principal where there is none.
func (p *program) whoIsSignedIn() []string {
	for _, f := range p.fields {
		if f.principal != "" {
			return nil
		}
	}
	return []string{"No key seems to identify the signed-in user. If there is one, add principal to its tag: signing in then renews the session's secret, and signing out clears all fields."}
}

// findLines notes where each field stands.
func (p *program) findLines(text []byte, lines map[int]*field) {
	for i, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) < 3 || !strings.HasPrefix(line, "\t") {
			continue
		}
		for _, f := range p.fields {
			if f.out == "" && f.name == words[0] && strings.HasSuffix(line, f.literal()) {
				lines[i+1] = f
			}
		}
	}
}

// imports are the packages that a type is written with.
func (p *program) imports(t types.Type) (paths []string) {
	for _, pkg := range p.namedIn(t) {
		paths = append(paths, pkg.Path())
	}
	return paths
}

// fieldImports are what the types of fields come from.
func (p *program) fieldImports() (paths []string) {
	for _, f := range p.fields {
		if f.out == "" {
			paths = append(paths, p.imports(f.typ)...)
		}
	}
	return paths
}

func (p *program) writeImports(b *bytes.Buffer, paths []string) {
	slices.Sort(paths)
	if paths = slices.Compact(paths); len(paths) == 0 {
		return
	}
	b.WriteString("import (\n")
	for _, standard := range []bool{true, false} {
		for _, path := range paths {
			if first, _, _ := strings.Cut(path, "/"); standard != strings.Contains(first, ".") {
				fmt.Fprintf(b, "\t%q\n", path)
			}
		}
		b.WriteString("\n")
	}
	b.WriteString(")\n\n")
}

func (p *program) writeField(b *bytes.Buffer, f *field) {
	if puts := p.places(f, writes); puts != nil {
		comment(b, "\t", fmt.Sprintf("%s is put at %s.", f.name, strings.Join(puts, ", ")))
	} else {
		comment(b, "\t", f.name+" is never put in the packages that were read.")
	}
	if places := p.places(f, reads); places != nil {
		comment(b, "\t", fmt.Sprintf("It is read at %s.", strings.Join(places, ", ")))
	}
	if f.principal != "" {
		comment(b, "\t", fmt.Sprintf("It is a guess that this identifies the signed-in user, because %s.", f.principal))
	}
	if f.out != "" {
		comment(b, "\t", "It is left out: "+strings.TrimSuffix(f.out, ".")+".")
		typ := "T"
		if f.typ != nil {
			typ = p.typeText(f.typ)
		}
		comment(b, "\t\t", fmt.Sprintf("%s %s %s", f.name, typ, f.literal()))
		return
	}
	fmt.Fprintf(b, "\t%s %s %s\n", f.name, f.text, f.literal())
}

// literal is the tag of a field.
func (f *field) literal() string {
	options := f.tag
	if f.principal != "" {
		options += ",principal"
	}
	if f.flash {
		options += ",flash"
	}
	return fmt.Sprintf("`session:%q`", options)
}

// comment writes text in lines of a readable length.
func comment(b *bytes.Buffer, indent, text string) {
	line := indent + "//"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > 100 && len(line) > len(indent)+2 {
			b.WriteString(line + "\n")
			line = indent + "//"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
