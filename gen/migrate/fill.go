package migrate

import (
	"bytes"
	"fmt"
	"go/format"
	"go/types"
	"slices"
	"strings"
)

// fillPath is the file with the function that fills a session from an old one.
func fillPath(path string) string { return strings.TrimSuffix(path, ".go") + "_legacy.go" }

// fillName is what that function is called.
func (p *program) fillName() string { return "Fill" + exported(p.config.Type) }

// fill writes that function: for each field, what was under its key.
func (p *program) fill() ([]byte, error) {
	var b bytes.Buffer
	typ := exported(p.config.Type)
	fmt.Fprintf(&b, "package %s\n\n", p.target.name)
	p.writeImports(&b)
	comment(&b, "", fmt.Sprintf("%s fills a session of ours from an old one. Give it to runtime.WithLegacy, so that nobody is signed out by the move; when that is over, remove this file. It was written by sessiongen init, and is yours from now on.",
		p.fillName()))
	if slices.ContainsFunc(p.fields, func(f *field) bool { return f.out == "" && needsGob(f.typ) }) {
		b.WriteString("//\n")
		comment(&b, "", "What the old program registered with gob has to be registered here, too, under the same names.")
	}
	fmt.Fprintf(&b, "func %s(v *%s, old map[any]any) error {\n", p.fillName(), typ)
	for _, f := range p.fields {
		if f.principal != "" {
			p.fillField(&b, f)
		}
	}
	for _, f := range p.fields {
		if f.principal == "" && f.out == "" {
			p.fillField(&b, f)
		}
	}
	b.WriteString("return nil\n}\n")
	return format.Source(b.Bytes())
}

func (p *program) fillField(b *bytes.Buffer, f *field) {
	if typ, odd := p.keyTypes[f.key]; odd {
		comment(b, "\t", fmt.Sprintf("The key %s is a %s: write it as one to read %s.", f.key, typ, f.name))
		return
	}
	if f.list {
		fmt.Fprintf(b, "if values, ok := old[%q].([]any); ok {\nfor _, value := range values {\n", f.key)
		fmt.Fprintf(b, "if value, ok := value.(%s); ok {\nv.Append%s(value)\n}\n}\n}\n", strings.TrimPrefix(f.text, "[]"), f.name)
		return
	}
	fmt.Fprintf(b, "if value, ok := old[%q].(%s); ok {\nv.Set%s(value)\n", f.key, f.text, f.name)
	if f.principal != "" && p.outlivesBrowser {
		b.WriteString("v.Remember(true) // as the old cookie, this one outlives the browser\n")
	}
	b.WriteString("}\n")
}

// needsGob says whether gob has to be told of a type before it is found in an interface.
func needsGob(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return false
	case *types.Slice:
		_, basic := types.Unalias(t.Elem()).(*types.Basic)
		return !basic
	}
	return true
}
