package model

import "go/types"

// IsNamed reports whether t is the type of that name in the package at path.
func IsNamed(t types.Type, path, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == path
}

// IsTime reports whether t is time.Time or declared over it.
func IsTime(t types.Type) bool {
	fields, ok := t.Underlying().(*types.Struct)
	if !ok || fields.NumFields() == 0 {
		return false
	}
	first := fields.Field(0)
	return first.Name() == "wall" && first.Pkg().Path() == "time"
}

// BasicOf is the predeclared type that t is made of.
func BasicOf(t *Type) *types.Basic {
	basic, _ := t.Go.Underlying().(*types.Basic)
	return basic
}

// IsRepeated reports whether a value of t is any number of entries.
func IsRepeated(t *Type) bool { shape := t.Facts().Shape; return shape == List || shape == Table }

// IsPacked reports whether a slice or array is one entry rather than one for each
// element.
func IsPacked(t *Type) bool { return t.Elem.Facts().Packed }

// IsByteArray reports whether t is an array of bytes.
func IsByteArray(t *Type) bool { return t.Kind == Bytes && t.Length >= 0 }

// isFloat32 reports whether a Float has 32 bits.
func isFloat32(t *Type) bool { return BasicOf(t).Kind() == types.Float32 }
