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
	p.writeImports(&b, append(p.sourceImports(), p.fillImports()...))
	comment(&b, "", fmt.Sprintf("%s fills a session from an old one. Pass it to runtime.WithLegacy, so that the move signs no visitor out. Remove this file after the move. It was written by sessiongen init; edit it as you like.",
		p.fillName()))
	if slices.ContainsFunc(p.fields, func(f *field) bool { return f.typ == nil || needsGob(f.typ) }) || len(p.oddKeys) > 0 {
		b.WriteString("//\n")
		comment(&b, "", "Types that the old program registered with gob must be registered here, too, under the same names: a session that contains an unregistered type cannot be read.")
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
	switch {
	case p.outlivesBrowser:
		b.WriteString("v.Remember(true) // like the old cookie, this one outlives the browser\n")
	case p.remembers:
		b.WriteString("if remember, _ := old[\"__rememberMe\"].(bool); remember { // scs's RememberMe\nv.Remember(true)\n}\n")
	}
	b.WriteString("return nil\n}\n")
	p.writeOldSource(&b)
	return format.Source(b.Bytes())
}

func (p *program) fillField(b *bytes.Buffer, f *field) {
	key, problem := p.keySource(f.key)
	if problem != "" {
		comment(b, "\t", fmt.Sprintf("%s is not read from the key %s: %s.", f.name, p.keyText(f.key), problem))
		return
	}
	if f.list {
		fmt.Fprintf(b, "if values, ok := old[%s].([]any); ok {\nfor _, value := range values {\n", key)
		fmt.Fprintf(b, "if value, ok := value.(%s); ok {\nv.Append%s(value)\n}\n}\n}\n", strings.TrimPrefix(f.text, "[]"), f.name)
		return
	}
	pointer, isPointer := types.Unalias(f.typ).(*types.Pointer)
	switch {
	case isPointer:
		fmt.Fprintf(b, "switch value := old[%s].(type) {\ncase %s:\nv.Set%s(value)\n", key, f.text, f.name)
		if text, problem := p.sourceOf(pointer.Elem()); problem == "" {
			fmt.Fprintf(b, "case %s: // as gob reads it, unless the pointer's type was registered\nv.Set%s(&value)\n", text, f.name)
		}
	case f.pointed():
		fmt.Fprintf(b, "switch value := old[%s].(type) {\ncase %s:\nv.Set%s(value)\ncase *%s:\nv.Set%s(*value)\n", key, f.text, f.name, f.text, f.name)
	default:
		fmt.Fprintf(b, "if value, ok := old[%s].(%s); ok {\nv.Set%s(value)\n", key, f.text, f.name)
	}
	b.WriteString("}\n")
}

// pointed reports whether a field is somewhere taken for a pointer to what it holds.
func (f *field) pointed() bool {
	return slices.ContainsFunc(f.accesses, func(a *access) bool {
		if a.typ == nil {
			return false
		}
		pointer, ok := types.Unalias(a.typ).(*types.Pointer)
		return ok && types.Identical(pointer.Elem(), f.typ)
	})
}

// fillImports are what the types come from that fields are read as, and their keys.
func (p *program) fillImports() (paths []string) {
	for _, f := range p.fields {
		if _, problem := p.keySource(f.key); problem != "" || f.out != "" {
			continue
		}
		paths = append(paths, p.imports(f.typ)...)
		paths = append(paths, p.keyImports(f.key)...)
	}
	return paths
}

// needsGob reports whether gob has to be told of a type before it is found in an interface.
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
