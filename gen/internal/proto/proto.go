package proto

import (
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// file is a .proto file as it is written.
type file struct {
	pkg      *types.Package
	name     string          // of the Protocol Buffers package
	taken    map[string]bool // names of messages
	structs  map[*model.Struct]string
	met      map[*model.Struct]bool
	helpers  map[string]string // messages that stand for no Go type of their own: contents → name
	imports  map[string]bool
	messages []*message // in the order in which they were met
}

// message is a message of the file.
type message struct {
	name, doc string
	fields    fields
}

// edition 2023 rather than proto3: there, a string may be told to hold any bytes,
// as Go's may, and each field whether its absence differs from zero.
const head = model.Header + `
//
// What sessions of package %s keep in a store.

edition = "2023";

package %s;

%s// Strings are Go's: usually UTF-8, but any bytes are allowed.
option features.utf8_validation = NONE;
`

// File is the .proto file of a package.
func File(p *model.Package) []byte {
	f := &file{
		pkg: p.Types, name: identifier(p.Types.Name()),
		taken: map[string]bool{}, structs: map[*model.Struct]string{}, met: map[*model.Struct]bool{}, helpers: map[string]string{}, imports: map[string]bool{},
	}
	// The names of the package's own types come first: a message that stands for
	// no type is called otherwise.
	schemas := map[*model.Schema]string{}
	for _, s := range p.Schemas {
		schemas[s] = f.claim(messageName(s.TypeName))
	}
	for _, s := range p.Structs {
		f.structs[s] = f.claim(messageName(model.TypeWord(p.Types, s.Go)))
	}
	for _, s := range p.Schemas {
		if !s.Stateless {
			f.schema(s, schemas[s])
		}
	}
	var imports strings.Builder
	for _, path := range slices.Sorted(maps.Keys(f.imports)) {
		fmt.Fprintf(&imports, "import %q;\n", path)
	}
	if imports.Len() > 0 {
		imports.WriteByte('\n')
	}
	var out strings.Builder
	fmt.Fprintf(&out, head, p.Types.Path(), f.name, imports.String())
	for _, m := range f.messages {
		out.WriteString("\n" + comment("", m.doc) + "message " + m.name + " {" + m.fields.body.String() + "}\n")
	}
	return []byte(out.String())
}

// schema adds the message of a schema's record.
func (f *file) schema(s *model.Schema, name string) {
	m := f.message(name, s.Doc)
	for _, own := range record.OwnFields {
		m.fields.add(own.Meaning, own.Form, own.Name, own.Number, "", "")
	}
	fmt.Fprintf(&m.fields.body, "\n  // For later versions of the runtime.\n  reserved %d to %d;\n", record.OwnLast+1, wire.LastOwnNumber)
	m.fields.apart = true
	for _, field := range s.Fields {
		doc := field.Doc
		if field.Was != "" {
			doc = strings.TrimSpace(doc + fmt.Sprintf("\n\nThe number is that of its earlier name, %q.", field.Was))
		}
		f.field(m, field.Key, field.Number, field.Type, doc, false)
	}
}

// structType is the name of a struct's message, which is added when the struct is
// met for the first time.
func (f *file) structType(s *model.Struct) string {
	name := f.structs[s]
	if !f.met[s] {
		f.met[s] = true
		m := f.message(name, "Go's "+f.goType(s.Go)+". A field that is zero is left out.")
		for _, field := range s.Fields {
			f.field(m, field.Key, field.Number, field.Type, "", true)
		}
	}
	return f.reference(name)
}

// claim takes a name for a message, with a number if it is taken already.
func (f *file) claim(name string) string {
	name = freeName(name, func(name string) bool { return f.taken[name] })
	f.taken[name] = true
	return name
}

// message begins a message.
func (f *file) message(name, doc string) *message {
	m := &message{name: name, doc: doc, fields: fields{taken: map[string]bool{}}}
	f.messages = append(f.messages, m)
	return m
}

// reference is a message's name as the type of a field. A field that is a map has
// a hidden message in the message around it, whose name ends in Entry and would be
// found first.
func (f *file) reference(name string) string {
	if strings.HasSuffix(name, "Entry") {
		return "." + f.name + "." + name
	}
	return name
}

// goType is a Go type as its package's own code calls it.
func (f *file) goType(t types.Type) string { return model.TypeString(f.pkg, t) }
