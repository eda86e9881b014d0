package migrate

import (
	"cmp"
	"fmt"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// field is what is known about one key.
type field struct {
	key       string // of the old program
	name      string // UserID
	tag       string // the key in the tag
	typ       types.Type
	list      bool // a list of typ
	flash     bool
	principal string // why it is taken for the principal; empty: it is not
	accesses  []*access
	out       string // why the field is left out; empty: it is not
	text      string // typ as source
}

// makeFields gathers what is done with each key.
func (p *program) makeFields() {
	slices.SortStableFunc(p.accesses, func(a, b *access) int {
		return comparePositions(p.position(a.node.Pos()), p.position(b.node.Pos()))
	})
	names, tags := map[string]bool{}, map[string]bool{}
	for _, a := range p.accesses {
		f := p.byKey[a.key]
		if f == nil {
			f = &field{key: a.key, name: unusedName(fieldName(p.keyName(a.key)), names)}
			f.tag = unusedTag(p.keyName(a.key), f.name, tags)
			p.byKey[a.key] = f
			p.fields = append(p.fields, f)
		}
		f.accesses = append(f.accesses, a)
		f.flash = f.flash || a.operation == take || a.list
		f.list = f.list || a.list
	}
	for _, f := range p.fields {
		p.typeOf(f)
	}
	p.guessPrincipal()
	p.reportKeys()
	p.reportCycles()
}

// typeOf chooses a field's type: the only one that is put or, where nothing is put,
// the only one that is read. What disagrees is reported.
func (p *program) typeOf(f *field) {
	putTypes, read := distinct(f.accesses, true), distinct(f.accesses, false)
	switch {
	case len(putTypes) > 1:
		f.out = "it is put with several types"
		for _, a := range putTypes {
			p.problemf(a.value.Pos(), "key %s is put as %s here%s: the field is left out until it has one type", p.keyText(f.key), p.typeText(a.typ), p.elsewhere(a, putTypes))
		}
		return
	case len(putTypes) == 1:
		f.typ = putTypes[0].typ
		for _, a := range read {
			if !types.Identical(a.typ, f.typ) {
				p.problemf(a.node.Pos(), "key %s is read as %s here, and put as %s at %s: the field has the type that is put",
					p.keyText(f.key), p.typeText(a.typ), p.typeText(f.typ), p.position(putTypes[0].node.Pos()))
			}
		}
	case len(read) > 1:
		f.out = "it is never put, and read with several types"
		for _, a := range read {
			p.problemf(a.node.Pos(), "key %s is read as %s here%s, and never put: the field is left out until it has one type", p.keyText(f.key), p.typeText(a.typ), p.elsewhere(a, read))
		}
		return
	case len(read) == 1:
		f.typ = read[0].typ
		p.problemf(read[0].node.Pos(), "key %s is read but never put in these packages: name all packages of the program, or remove the field", p.keyText(f.key))
	default:
		f.out = "its type is unknown"
		p.problemf(f.accesses[0].node.Pos(), "key %s has no type in these packages: write the field", p.keyText(f.key))
		return
	}
	f.text, f.out = p.sourceOf(f.typ)
	if f.out != "" {
		p.problemf(f.accesses[0].node.Pos(), "key %s is left out: %s", p.keyText(f.key), f.out)
	}
	if f.list {
		f.text = "[]" + f.text
	}
}

// elsewhere says where a key has other types.
func (p *program) elsewhere(of *access, all []*access) string {
	var others []string
	for _, a := range all {
		if a != of {
			others = append(others, fmt.Sprintf("%s at %s", p.typeText(a.typ), p.position(a.node.Pos())))
		}
	}
	return ", and as " + strings.Join(others, ", ")
}

// distinct returns the first access with each type.
func distinct(accesses []*access, puts bool) []*access {
	var found []*access
	for _, a := range accesses {
		if a.typ == nil || puts != (a.value != nil) {
			continue
		}
		if !slices.ContainsFunc(found, func(b *access) bool { return types.Identical(a.typ, b.typ) }) {
			found = append(found, a)
		}
	}
	return found
}

// sourceOf writes a type as the target package has to, or says why it cannot.
func (p *program) sourceOf(t types.Type) (text, problem string) {
	if unnamed := p.outOfReach(t, map[types.Type]bool{}); unnamed != "" {
		return "", unnamed
	}
	return types.TypeString(t, func(pkg *types.Package) string {
		if pkg.Path() == p.target.path {
			return ""
		}
		return pkg.Name()
	}), ""
}

// outOfReach says which part of a type the target package cannot name. What has no form
// in a session is for sessiongen itself to say.
func (p *program) outOfReach(t types.Type, seen map[types.Type]bool) string {
	if seen[t] {
		return ""
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Named:
		for arg := range typeArguments(t) {
			if problem := p.outOfReach(arg, seen); problem != "" {
				return problem
			}
		}
		return p.nameOutOfReach(t.Obj())
	case *types.Alias:
		if t.Obj().Pkg() == nil { // any
			return p.outOfReach(types.Unalias(t), seen)
		}
		return p.nameOutOfReach(t.Obj())
	case *types.Pointer:
		return p.outOfReach(t.Elem(), seen)
	case *types.Slice:
		return p.outOfReach(t.Elem(), seen)
	case *types.Array:
		return p.outOfReach(t.Elem(), seen)
	case *types.Map:
		return cmp.Or(p.outOfReach(t.Key(), seen), p.outOfReach(t.Elem(), seen))
	case *types.TypeParam:
		return fmt.Sprintf("%s is a type parameter, and a field has one type", t)
	case *types.Interface:
		return fmt.Sprintf("%s does not determine the type: write the field with its type", p.typeText(t))
	}
	return ""
}

func typeArguments(t *types.Named) func(func(types.Type) bool) {
	if t.TypeArgs() == nil {
		return func(func(types.Type) bool) {}
	}
	return t.TypeArgs().Types()
}

func (p *program) nameOutOfReach(name *types.TypeName) string {
	pkg := name.Pkg()
	switch {
	case pkg == nil:
		return ""
	case name.Parent() != pkg.Scope():
		return fmt.Sprintf("%s is declared inside a function: declare it in a package", name.Name())
	case pkg.Path() == p.target.path:
		return ""
	case pkg.Name() == "main":
		return fmt.Sprintf("%s is declared in package main, which no other package can import: move it to package %s", name.Name(), p.target.name)
	case !name.Exported():
		return fmt.Sprintf("%s.%s is not exported: export it, or move it to package %s", pkg.Name(), name.Name(), p.target.name)
	}
	return ""
}

// places are where a field is used, each line once.
func (p *program) places(f *field, of func(operation) bool) []string {
	var places []string
	for _, a := range f.accesses {
		if of(a.operation) {
			places = append(places, p.place(a.node.Pos()))
		}
	}
	return slices.Compact(places)
}

// place is where something stands, as seen from the package of the schema.
func (p *program) place(pos token.Pos) string {
	at := p.fset.Position(pos)
	if below, err := filepath.Rel(p.target.dir, at.Filename); err == nil && filepath.IsLocal(below) {
		at.Filename = below
		return at.String()
	}
	return p.position(pos).String()
}

func writes(o operation) bool { return o == put || o == appendTo }
func reads(o operation) bool  { return !writes(o) && o != remove }

func isNumber(f *field) bool {
	basic, ok := f.typ.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsNumeric != 0
}
