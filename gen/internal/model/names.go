package model

import (
	"go/types"
	"slices"
	"strconv"
	"unicode"
)

// RuntimePath is what generated code runs on. It is always imported under an
// explicit alias, so that it is not mistaken for the standard library's runtime.
const RuntimePath = "github.com/sessiongen/sessiongen/runtime"

// The packages below [RuntimePath] that generated code alone runs on.
const (
	EnginePath = RuntimePath + "/engine"
	CookiePath = RuntimePath + "/cookie"
	WirePath   = RuntimePath + "/wire"
)

// The exported names of a schema are part of the user's API, so they are never
// replaced by others: what clashes with them is an error.

// ManagerName is VisitorManager.
func (s *Schema) ManagerName() string { return s.TypeName + "Manager" }

// ConstructorName is NewVisitorManager.
func (s *Schema) ConstructorName() string { return "New" + s.TypeName + "Manager" }

// FromName is VisitorFrom.
func (s *Schema) FromName() string { return s.TypeName + "From" }

// LookupName is LookupVisitor.
func (s *Schema) LookupName() string { return "Lookup" + s.TypeName }

// ExportedNames are what a schema adds to the scope of its package.
func (s *Schema) ExportedNames() []string {
	return []string{s.TypeName, s.ManagerName(), s.ConstructorName(), s.FromName(), s.LookupName()}
}

// The methods of a field are called after the field.

// SetMethod is SetVisits for Visits.
func SetMethod(field string) string { return "Set" + field }

// HasMethod is HasVisits for Visits.
func HasMethod(field string) string { return "Has" + field }

// ClearMethod is ClearVisits for Visits.
func ClearMethod(field string) string { return "Clear" + field }

// UpdateMethod is UpdateVisits for Visits.
func UpdateMethod(field string) string { return "Update" + field }

// AddMethod is AddVisits for Visits.
func AddMethod(field string) string { return "Add" + field }

// AppendMethod is AppendCart for Cart.
func AppendMethod(field string) string { return "Append" + field }

// PutMethod is PutPrefs for Prefs.
func PutMethod(field string) string { return "Put" + field }

// RemoveMethod is RemovePrefs for Prefs.
func RemoveMethod(field string) string { return "Remove" + field }

// TakeMethod is TakeNotice for Notice.
func TakeMethod(field string) string { return "Take" + field }

// ListByMethod is ListByUserID for UserID.
func ListByMethod(field string) string { return "ListBy" + field }

// RevokeByMethod is RevokeByUserID for UserID.
func RevokeByMethod(field string) string { return "RevokeBy" + field }

// CookieMethod is ThemeCookie for Theme.
func CookieMethod(field string) string { return field + "Cookie" }

// The methods that every session type and every manager has.
var (
	sessionMethods = []string{"Info", "Renew", "Destroy", "Remember", "RevokeOthers", "AuthenticatedWithin", "Commit", "Discard", "Reload", "Done", "Format", "LogValue", "MarshalJSON"}
	managerMethods = []string{"Middleware", "Load", "Revoke", "RevokeAll", "Close"}
)

// SessionMethods are the methods that every session type has, so that no field can be
// called like one.
func SessionMethods() []string { return slices.Clone(sessionMethods) }

// ManagerMethods are the methods that every manager has.
func ManagerMethods() []string { return slices.Clone(managerMethods) }

// Accessors are the methods that every field has.
func Accessors(name string) []string {
	return []string{name, SetMethod(name), HasMethod(name), ClearMethod(name)}
}

// Methods are the methods of the session type that a session field has.
func (f *Field) Methods() []string {
	methods := Accessors(f.Name)
	if f.Flash {
		methods = append(methods, TakeMethod(f.Name))
	}
	if f.Principal {
		return methods // it is signed in and out, not changed
	}
	methods = append(methods, UpdateMethod(f.Name))
	switch f.Type.Facts().Change {
	case Adds:
		methods = append(methods, AddMethod(f.Name))
	case Appends:
		methods = append(methods, AppendMethod(f.Name))
	case Puts:
		methods = append(methods, PutMethod(f.Name), RemoveMethod(f.Name))
	}
	return methods
}

// ManagerMethods are the methods of the manager that a session field has.
func (f *Field) ManagerMethods() []string {
	if !f.Principal && !f.Index {
		return nil
	}
	return []string{ListByMethod(f.Name), RevokeByMethod(f.Name)}
}

// Methods are the methods of the session type that a cookie field has.
func (c *Cookie) Methods() []string { return Accessors(c.Name) }

// ManagerMethods are the methods of the manager that a cookie field has.
func (c *Cookie) ManagerMethods() []string { return []string{CookieMethod(c.Name)} }

// ValidKey reports whether s can be the key of a session field.
func ValidKey(s string) bool {
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

// Unexported is name with a small beginning: Visitor → visitor, HTTPUser → httpUser.
func Unexported(name string) string {
	runes := []rune(name)
	for i := range runes {
		if !unicode.IsUpper(runes[i]) || i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(runes[i])
	}
	return string(runes)
}

// Exported is name with a capital.
func Exported(name string) string {
	runes := []rune(name)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// TypeWord is what a type is called within a function's name: Item for one of
// this package, GeoPoint for one of package geo, PairInt for Pair[int],
// StringSlice for []string.
func TypeWord(pkg *types.Package, t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return Exported(t.Name())
	case *types.Named:
		word := Exported(t.Obj().Name())
		if of := t.Obj().Pkg(); of != nil && of != pkg {
			word = Exported(of.Name()) + word
		}
		for arg := range t.TypeArgs().Types() {
			word += TypeWord(pkg, arg)
		}
		return word
	case *types.Slice:
		return TypeWord(pkg, t.Elem()) + "Slice"
	case *types.Array:
		return TypeWord(pkg, t.Elem()) + "Array" + strconv.FormatInt(t.Len(), 10)
	case *types.Map:
		return TypeWord(pkg, t.Key()) + TypeWord(pkg, t.Elem()) + "Map"
	case *types.Pointer:
		return TypeWord(pkg, t.Elem()) + "Pointer"
	case *types.Interface:
		return "Interface"
	}
	return "Struct"
}

// Accessible reports whether generated code in pkg can name object.
func Accessible(pkg *types.Package, object types.Object) bool {
	return object.Pkg() == nil || object.Pkg() == pkg || object.Exported()
}

// TypeString is a Go type as a package's own code calls it.
func TypeString(pkg *types.Package, t types.Type) string {
	return types.TypeString(t, func(of *types.Package) string {
		if of == pkg {
			return ""
		}
		return of.Name()
	})
}

// SecretWords are said of a secret, in the session or in a cookie, in generated comments and in
// the inventory.
const SecretWords = "a secret: wherever the session is printed, it is redacted"
