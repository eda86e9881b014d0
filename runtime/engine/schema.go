package engine

import (
	"cmp"
	"time"

	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Schema describes a generated session type to the manager. Generated code builds it and does
// not change it afterwards.
type Schema struct {
	Name     string             // the name of the struct: visitor
	Type     string             // the name of the session type: Visitor
	Idle     time.Duration      // how long a session lasts without a request
	Lifetime time.Duration      // how long a session lasts after sign-in in any case
	Cookie   cookie.Options     // the session cookie
	Fields   []Field            // session fields, by field index
	Cookies  []CookieDescriptor // cookie fields; their indexes continue those of Fields
	New      func() *Session
	Structs  []Struct // that the code was generated from
}

// Stateless reports whether a schema has only cookie fields and needs no store.
func (s *Schema) Stateless() bool { return len(s.Fields) == 0 && s.Cookie.Name == "" }

// Field describes one session field.
type Field struct {
	Key    string // as in the tag: user_id
	First  string // the key that it had first, if that was another one
	Number int32  // the Protocol Buffers field number, which follows from the key that it had first
	Traits Trait
}

// firstKey returns the key from which the terms of the field follow, as its number does.
func (f *Field) firstKey() string { return cmp.Or(f.First, f.Key) }

// Trait is a set of properties of a session field.
type Trait uint8

// Traits of a session field, from its tag and type.
const (
	Principal  Trait = 1 << iota // identifies the signed-in user
	Renew                        // a privilege: a change renews the secret
	Index                        // sessions can be listed and revoked by it
	Flash                        // read once
	Secret                       // redacted wherever fields are printed
	Collection                   // a slice or map: empty means absent, and getters return the live value
	Marshaled                    // methods of its type, or of a part, write it and may not read it again
	Packed                       // a list of which one entry holds any number of elements
)

// Codec reads and writes the fields of a schema struct by field index. Generated code
// implements it over the struct that holds the values. The caller holds the lock of the
// session.
type Codec interface {
	// Holds reports whether a collection has elements, and true for other fields. An empty
	// collection is the same as an absent one.
	Holds(field int) bool
	// Append appends the field with its tag. It panics for [wire.RecoverEncoding] if the value
	// cannot be written.
	Append(b []byte, field int) []byte
	// Consume reads all entries of the field into its storage, after Reset. Errors stay in the
	// reader.
	Consume(field int, r *wire.Reader)
	// Reset sets the storage of the field to its default, or else to its zero value.
	Reset(field int)
	// Value returns a field or cookie field, for printing.
	Value(field int) any
}

// Version1 is the version handshake with generated code. If generated code refers to a version
// that is missing here, the runtime module is older than the generator that wrote the code:
// update github.com/sessiongen/sessiongen in go.mod, or run go generate with the version that
// go.mod names.
const Version1 = true
