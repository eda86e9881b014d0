package gen

import (
	"go/types"
	"slices"
	"strconv"
	"unicode"
)

// runtimePath is what generated code runs on. It is always imported under an
// explicit alias, so that it is not mistaken for the standard library's runtime.
const runtimePath = "github.com/sessiongen/sessiongen/runtime"

// The exported names of a schema. They are part of the user's API, so they are
// never replaced by others: what clashes with them is an error.
func (s *Schema) managerName() string { return s.TypeName + "Manager" }

func (s *Schema) constructorName() string { return "New" + s.TypeName + "Manager" }

func (s *Schema) fromName() string { return s.TypeName + "From" }

func (s *Schema) lookupName() string { return "Lookup" + s.TypeName }

// exportedNames are what a schema adds to the scope of its package.
func (s *Schema) exportedNames() []string {
	return []string{s.TypeName, s.managerName(), s.constructorName(), s.fromName(), s.lookupName()}
}

// The methods of a field, by the field's name.
func setName(field string) string { return "Set" + field }

func hasName(field string) string { return "Has" + field }

func clearName(field string) string { return "Clear" + field }

func updateName(field string) string { return "Update" + field }

func addName(field string) string { return "Add" + field }

func appendName(field string) string { return "Append" + field }

func putName(field string) string { return "Put" + field }

func removeName(field string) string { return "Remove" + field }

func takeName(field string) string { return "Take" + field }

func listByName(field string) string { return "ListBy" + field }

func revokeByName(field string) string { return "RevokeBy" + field }

func cookieName(field string) string { return field + "Cookie" }

// The methods that every session type and every manager has.
var (
	sessionMethods = []string{"Info", "Renew", "Destroy", "Remember", "RevokeOthers", "AuthenticatedWithin", "Commit", "Reload", "Done", "Format", "LogValue", "MarshalJSON"}
	managerMethods = []string{"Middleware", "Load", "Revoke", "Close"}
)

// SessionMethods are the methods that every session type has, so that no field can be
// called like one.
func SessionMethods() []string { return slices.Clone(sessionMethods) }

// ManagerMethods are the methods that every manager has.
func ManagerMethods() []string { return slices.Clone(managerMethods) }

// accessors are the methods that every field has.
func accessors(name string) []string {
	return []string{name, setName(name), hasName(name), clearName(name)}
}

// methods are the methods of the session type that a session field has.
func (f *Field) methods() []string {
	methods := accessors(f.Name)
	if !f.Principal {
		methods = append(methods, updateName(f.Name))
	}
	switch f.Type.Kind {
	case Int, Uint, Float, Duration:
		if !f.Principal {
			methods = append(methods, addName(f.Name))
		}
	case Slice:
		methods = append(methods, appendName(f.Name))
	case Map:
		methods = append(methods, putName(f.Name), removeName(f.Name))
	}
	if f.Flash {
		methods = append(methods, takeName(f.Name))
	}
	return methods
}

// managerMethods are the methods of the manager that a session field has.
func (f *Field) managerMethods() []string {
	if !f.Principal && !f.Index {
		return nil
	}
	return []string{listByName(f.Name), revokeByName(f.Name)}
}

// validKey says whether s can be the key of a session field.
func validKey(s string) bool {
	for i, r := range s {
		switch {
		case r == '_', unicode.IsLetter(r):
		case i > 0 && (r == '-' || r == '.' || unicode.IsDigit(r)):
		default:
			return false
		}
	}
	return s != ""
}

// unexported is name with a small beginning: Visitor → visitor, HTTPUser → httpUser.
func unexported(name string) string {
	runes := []rune(name)
	for i := range runes {
		if !unicode.IsUpper(runes[i]) || i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(runes[i])
	}
	return string(runes)
}

// exported is name with a capital.
func exported(name string) string {
	runes := []rune(name)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// typeWord is what a type is called within a function's name: Item for one of
// this package, GeoPoint for one of package geo, PairInt for Pair[int],
// StringSlice for []string.
func typeWord(pkg *types.Package, t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return exported(t.Name())
	case *types.Named:
		word := exported(t.Obj().Name())
		if of := t.Obj().Pkg(); of != nil && of != pkg {
			word = exported(of.Name()) + word
		}
		for arg := range t.TypeArgs().Types() {
			word += typeWord(pkg, arg)
		}
		return word
	case *types.Slice:
		return typeWord(pkg, t.Elem()) + "Slice"
	case *types.Array:
		return typeWord(pkg, t.Elem()) + "Array" + strconv.FormatInt(t.Len(), 10)
	case *types.Map:
		return typeWord(pkg, t.Key()) + typeWord(pkg, t.Elem()) + "Map"
	case *types.Pointer:
		return typeWord(pkg, t.Elem()) + "Pointer"
	case *types.Interface:
		return "Interface"
	}
	return "Struct"
}

// accessible says whether generated code in pkg can name object.
func accessible(pkg *types.Package, object types.Object) bool {
	return object.Pkg() == nil || object.Pkg() == pkg || object.Exported()
}

// goTypeIn is a Go type as a package's own code calls it.
func goTypeIn(pkg *types.Package, t types.Type) string {
	return types.TypeString(t, func(of *types.Package) string {
		if of == pkg {
			return ""
		}
		return of.Name()
	})
}
