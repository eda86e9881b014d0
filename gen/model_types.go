package gen

import "go/types"

func isNamed(t types.Type, path, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == path
}

// isTime says whether t is time.Time or declared over it.
func isTime(t types.Type) bool {
	fields, ok := t.Underlying().(*types.Struct)
	if !ok || fields.NumFields() == 0 {
		return false
	}
	first := fields.Field(0)
	return first.Name() == "wall" && first.Pkg().Path() == "time"
}

// basicOf is the predeclared type that t is made of.
func basicOf(t *Type) *types.Basic {
	basic, _ := t.Go.Underlying().(*types.Basic)
	return basic
}

// isRepeated says whether a value of t is any number of entries.
func isRepeated(t *Type) bool { return t.Kind == Slice || t.Kind == Array || t.Kind == Map }

// isPacked says whether a slice or array is one entry rather than one for each
// element.
func isPacked(t *Type) bool {
	switch t.Elem.Kind {
	case Bool, Int, Uint, Float:
		return true
	}
	return false
}

func isFloat32(t *Type) bool { return basicOf(t).Kind() == types.Float32 }
