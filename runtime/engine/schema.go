package engine

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Schema describes a generated session type to the manager. It is built by
// generated code and not changed afterwards.
type Schema struct {
	Name     string             // as the struct is called: visitor
	Type     string             // as the session type is called: Visitor
	Idle     time.Duration      // a session ends after so long without a request
	Lifetime time.Duration      // and so long after sign-in in any case
	Cookie   cookie.Options     // the session cookie
	Fields   []Field            // session fields, by field index
	Cookies  []CookieDescriptor // cookie fields; their indexes continue those of Fields
	New      func() *Session
}

// Stateless says that a schema has only cookie fields and needs no store.
func (s *Schema) Stateless() bool { return len(s.Fields) == 0 && s.Cookie.Name == "" }

// Field describes one session field.
type Field struct {
	Key    string // as in the tag: user_id
	Number int32  // the Protocol Buffers field number
	Traits Trait
}

// Trait is a set of properties of a session field.
type Trait uint8

// What a session field may be, as its tag and type say.
const (
	Principal  Trait = 1 << iota // says who is signed in
	Renew                        // a privilege: changing it renews the secret
	Index                        // sessions are listed and revoked by it
	Flash                        // read once
	Secret                       // redacted wherever it would be printed
	Collection                   // a slice or map: empty is absent, read values are live
)

// Codec reads and writes the fields of a schema struct by field index. It is
// implemented by generated code, over the struct that holds the values.
// It is called with the session's lock held.
type Codec interface {
	// Size is the number of bytes that Append adds. Zero means that a
	// collection is empty, which is the same as absent.
	Size(field int) int
	// Append adds the field with its tag.
	Append(b []byte, field int) []byte
	// Consume reads all entries of the field into its storage, over what Reset
	// left there. Errors stay in the reader.
	Consume(field int, r *wire.Reader)
	// Reset puts the field's default, or its zero value, into its storage.
	Reset(field int)
	// Value is the field or cookie field, for printing.
	Value(field int) any
}

// Version1 is referred to by generated code. If it is missing where generated
// code names it, the runtime module is older than the generator that wrote the
// code: update github.com/sessiongen/sessiongen in go.mod, or run go generate
// with the version that go.mod names.
const Version1 = true
