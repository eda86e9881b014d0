package model

import (
	"cmp"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"time"

	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// Package is everything that goes into one output file.
type Package struct {
	Types   *types.Package
	Dir     string
	Module  string // the folder of its go.mod; empty: unknown
	Schemas []*Schema
	Structs []*Struct // struct types met inside session fields, each once, in the order met

	Declared  []string // names of all schemas, also of those that were not asked for
	Elsewhere []string // and of those that other builds have

	Constraint string // what the file is compiled under, as in a line //go:build; empty: always
}

// Declares reports whether a package declares a schema, in this build or in another one.
func (p *Package) Declares(schema string) bool {
	return slices.Contains(p.Declared, schema) || slices.Contains(p.Elsewhere, schema)
}

// Schema is one annotated struct.
type Schema struct {
	Name     string // visitor
	TypeName string // Visitor
	Doc      string // the struct's doc comment
	Position token.Position

	Stateless bool // only cookie fields: no store, no record
	Idle      time.Duration
	Lifetime  time.Duration
	Cookie    cookie.Options // the session cookie; zero if Stateless
	Shared    bool           // a comment says that another schema has this cookie on purpose

	Fields  []*Field
	Cookies []*Cookie
}

// Field is a struct field that is kept in the session.
type Field struct {
	Name     string // UserID
	Key      string // user_id
	Was      string // an earlier key
	Number   int32
	Doc      string
	Position token.Position
	Type     *Type

	Principal, Renew, Index, Flash, Secret bool
	Default                                *Literal // nil: none
}

// FirstKey is the key that the field had first. Its number and its terms in the index follow from
// this key, so that programs from before and after a renaming find each other's values.
func (f *Field) FirstKey() string { return cmp.Or(f.Was, f.Key) }

// Cookie is a struct field that is kept in a cookie of its own.
type Cookie struct {
	Name     string // FavoriteColor
	Doc      string
	Position token.Position
	Type     *Type
	Options  cookie.Options
	Default  *Literal
	// Declared are the constants that a plain cookie accepts, each value once,
	// in the order of declaration; none: every value of the type.
	Declared []*types.Const
}

// Literal is a default from a tag, checked against its field's type.
type Literal struct {
	Text     string         // as in the tag
	Constant constant.Value // of basic types; nil for times
	Time     time.Time
}

// Type is a Go type with the way in which it is written.
type Type struct {
	Go     types.Type // as declared by the user
	Kind   Kind
	Length int     // of Array, and of Bytes of an array; -1 for a []byte
	Elem   *Type   // of Slice, Array, Map and Pointer
	Key    *Type   // of Map
	Struct *Struct // of Message

	// Constants are those that the package of a named type declares, in the order of declaration;
	// none for a type of the standard library.
	Constants []Constant

	// Lossy says that JSON may lose a part of a value.
	Lossy bool
	// ByPointer says that the methods of a Binary, Text or Gob are those of the
	// pointer, so that they can be called on what can be addressed only.
	ByPointer bool
}

// Constant is a declared constant.
type Constant struct {
	Name     string
	Value    string         // as Go writes it
	Position token.Position // not valid: in another package
}

// Struct is a struct type inside a session field.
type Struct struct {
	Go     types.Type // the named type
	Fields []*StructField
	// Recursive says that the type contains itself, so that how deep a value goes
	// is known only when it is written.
	Recursive bool
	// Unknown is the field of type runtime.Unknown, if there is one: it keeps what
	// other programs have written into the message.
	Unknown string
}

// StructField is an exported field of a Struct.
type StructField struct {
	Name     string
	Key      string
	Number   int32
	Position token.Position // of the field, or of the one by which it was met
	Type     *Type
}
