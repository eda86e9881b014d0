package gen

import (
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// protoFile is a .proto file as it is written.
type protoFile struct {
	pkg      *types.Package
	name     string          // of the Protocol Buffers package
	taken    map[string]bool // names of messages
	structs  map[*model.Struct]string
	met      map[*model.Struct]bool
	helpers  map[string]string // messages that stand for no Go type of their own: contents → name
	imports  map[string]bool
	messages []*protoMessage // in the order in which they were met
}

// protoMessage is a message of the file.
type protoMessage struct {
	name, doc string
	fields    protoFields
}

// edition 2023 rather than proto3: there, a string may be told to hold any bytes,
// as Go's may, and each field whether its absence differs from zero.
const protoHead = model.Header + `
//
// What sessions of package %s keep in a store.

edition = "2023";

package %s;

%s// Strings are Go's: usually UTF-8, but any bytes are allowed.
option features.utf8_validation = NONE;
`

func proto(p *model.Package) []byte {
	f := &protoFile{
		pkg: p.Types, name: protoIdentifier(p.Types.Name()),
		taken: map[string]bool{}, structs: map[*model.Struct]string{}, met: map[*model.Struct]bool{}, helpers: map[string]string{}, imports: map[string]bool{},
	}
	// The names of the package's own types come first: a message that stands for
	// no type is called otherwise.
	schemas := map[*model.Schema]string{}
	for _, s := range p.Schemas {
		schemas[s] = f.claim(protoName(s.TypeName))
	}
	for _, s := range p.Structs {
		f.structs[s] = f.claim(protoName(model.TypeWord(p.Types, s.Go)))
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
	fmt.Fprintf(&out, protoHead, p.Types.Path(), f.name, imports.String())
	for _, m := range f.messages {
		out.WriteString("\n" + protoComment("", m.doc) + "message " + m.name + " {" + m.fields.body.String() + "}\n")
	}
	return []byte(out.String())
}

// ownFields are what the runtime keeps in every record beside the fields of the
// schema: see header.go of package runtime.
var ownFields = []struct {
	number              int32
	form, name, meaning string
}{
	{1, "bytes", "session_key", "SHA-256 of the secret in the session cookie."},
	{2, "bytes", "session_previous_key", "The keys before the secret was last renewed, the newest first."},
	{3, "uint64", "session_renewed", "What was left of the session's life then, in milliseconds."},
	{4, "uint64", "session_epoch", "Counts sign-ins, sign-outs and changes of privilege."},
	{5, "bytes", "session_history", "The record's last revisions, 8 bytes each, the newest first."},
	{6, "uint64", "session_created", "Milliseconds since 1970."},
	{7, "uint64", "session_authenticated", "When somebody last signed in: milliseconds since 1970."},
	{8, "bool", "session_remember", "The cookie outlives the browser's process."},
	{9, "string", "session_user_agent", "The browser that the session began with."},
	{10, "string", "session_address", "The address that the session began with."},
	{11, "uint64", "session_written", "Milliseconds since 1970."},
	{12, "repeated bytes", "session_flash", "For each field that is read once: its number as a varint, then the revision that set it."},
	{13, "bytes", "session_client", "A hash of what the application knows its client by."},
}

// schema adds the message of a schema's record.
func (f *protoFile) schema(s *model.Schema, name string) {
	m := f.message(name, s.Doc)
	for _, own := range ownFields {
		m.fields.add(own.meaning, own.form, own.name, own.number, "", "")
	}
	m.fields.body.WriteString("\n  // For later versions of the runtime.\n  reserved 14 to 15;\n")
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
func (f *protoFile) structType(s *model.Struct) string {
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
func (f *protoFile) claim(name string) string {
	name = freeName(name, func(name string) bool { return f.taken[name] })
	f.taken[name] = true
	return name
}

// message begins a message.
func (f *protoFile) message(name, doc string) *protoMessage {
	m := &protoMessage{name: name, doc: doc, fields: protoFields{taken: map[string]bool{}}}
	f.messages = append(f.messages, m)
	return m
}

// reference is a message's name as the type of a field. A field that is a map has
// a hidden message in the message around it, whose name ends in Entry and would be
// found first.
func (f *protoFile) reference(name string) string {
	if strings.HasSuffix(name, "Entry") {
		return "." + f.name + "." + name
	}
	return name
}

// goType is a Go type as its package's own code calls it.
func (f *protoFile) goType(t types.Type) string { return model.TypeString(f.pkg, t) }
