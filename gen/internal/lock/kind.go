package lock

import (
	"go/types"
	"strconv"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// Kind is what decides how the bytes of a type are read, in one word: T and *T are written
// alike, and what can be read as the other differs. Types that say themselves how they are
// written are named; those of the package own without its path, so that it can move.
func Kind(own *types.Package, t *model.Type) string {
	switch t.Facts().Shape {
	case model.Optional:
		return "*" + Kind(own, t.Elem)
	case model.List:
		length := ""
		if t.Kind == model.Array {
			length = strconv.Itoa(t.Length)
		}
		return "[" + length + "]" + Kind(own, t.Elem)
	case model.Table:
		return "map[" + Kind(own, t.Key) + "]" + Kind(own, t.Elem)
	default:
		return kindOfOne(own, t)
	}
}

// kindOfOne is the kind of a type whose value is one entry.
func kindOfOne(own *types.Package, t *model.Type) string {
	switch name := t.Facts().Lock; {
	case t.Facts().EncodesItself && t.Kind != model.JSON:
		return name + named(own, t.Go)
	case t.Kind == model.JSON:
		return name + ":" + jsonKind(own, t.Go)
	case t.Kind == model.Int, t.Kind == model.Uint:
		return strings.TrimSuffix(name, "64") + strconv.Itoa(bits(model.BasicOf(t)))
	case t.Kind == model.Complex:
		return name + strconv.Itoa(bits(model.BasicOf(t)))
	case model.IsByteArray(t):
		return name + "[" + strconv.Itoa(t.Length) + "]"
	default:
		return name
	}
}

// named is a type's name in a kind.
func named(own *types.Package, t types.Type) string {
	name := types.TypeString(t, func(p *types.Package) string {
		if p == own {
			return ""
		}
		return p.Path()
	})
	return "(" + strings.ReplaceAll(name, " ", "_") + ")"
}

// bits is the size of a basic type's values. That of int, uint and uintptr is 64, as on most
// machines.
func bits(t *types.Basic) int {
	switch t.Kind() {
	case types.Int8, types.Uint8:
		return 8
	case types.Int16, types.Uint16:
		return 16
	case types.Int32, types.Uint32, types.Float32:
		return 32
	case types.Complex128:
		return 128
	default:
		return 64
	}
}

// jsonKind is what encoding/json makes of a type, in one word.
func jsonKind(own *types.Package, t types.Type) string {
	switch {
	case hasMethod(t, "MarshalJSON"):
		return "custom" + named(own, t)
	case hasMethod(t, "MarshalText"):
		return "text" + named(own, t)
	}
	switch underlying := t.Underlying().(type) {
	case *types.Basic:
		return jsonBasic(underlying)
	case *types.Pointer:
		return "*" + jsonKind(own, underlying.Elem())
	case *types.Slice:
		if basic, ok := underlying.Elem().Underlying().(*types.Basic); ok && basic.Kind() == types.Byte {
			return "base64"
		}
		return "[]" + jsonKind(own, underlying.Elem())
	case *types.Array:
		return "[" + strconv.FormatInt(underlying.Len(), 10) + "]" + jsonKind(own, underlying.Elem())
	case *types.Map:
		return "map[" + jsonKind(own, underlying.Key()) + "]" + jsonKind(own, underlying.Elem())
	case *types.Struct:
		return "object"
	default:
		return anything
	}
}

// anything is the kind of an interface, which occurs in JSON alone.
const anything = "any"

func jsonBasic(t *types.Basic) string {
	size := strconv.Itoa(bits(t))
	switch info := t.Info(); {
	case info&types.IsBoolean != 0:
		return "bool"
	case info&types.IsUnsigned != 0:
		return "uint" + size
	case info&types.IsInteger != 0:
		return "sint" + size
	case info&types.IsFloat != 0:
		return "float" + size
	default:
		return "string"
	}
}

// hasMethod reports whether values of a type, or pointers to them, have a method.
func hasMethod(t types.Type, name string) bool {
	if types.IsInterface(t) {
		return false
	}
	if _, pointer := t.Underlying().(*types.Pointer); pointer {
		return false // what it points to is asked
	}
	return types.NewMethodSet(types.NewPointer(t)).Lookup(nil, name) != nil
}

// wireType is the wire type of a type's entries, as the Protocol Buffers
// documentation calls it.
func wireType(t *model.Type) string {
	for t.Kind == model.Pointer {
		t = t.Elem
	}
	return t.Facts().Wire.String()
}

// place is where a value is, which decides what a pointer adds to it.
type place int

const (
	ofField   place = iota // absence of a session's field is kept for every type
	ofMember               // of a struct
	ofEntry                // of a map, where a pointer adds nothing to what it points to
	ofElement              // of a list, where a pointer has a message of its own
)

// readsAs reports whether every value of one kind can be read as one of another, which then
// keeps all of it.
func readsAs(old, now string, at place) bool {
	oldElem, oldPointer := strings.CutPrefix(old, "*")
	nowElem, nowPointer := strings.CutPrefix(now, "*")
	if oldPointer || nowPointer {
		alike := oldPointer == nowPointer || at == ofEntry || at != ofElement && !isRepeated(oldElem) && !isRepeated(nowElem)
		return alike && (nowPointer || at == ofField) && readsAs(oldElem, nowElem, at)
	}
	oldJSON, oldIsJSON := strings.CutPrefix(old, "json:")
	nowJSON, nowIsJSON := strings.CutPrefix(now, "json:")
	if oldIsJSON && nowIsJSON {
		return readsAs(oldJSON, nowJSON, at)
	}
	oldKey, oldElem, oldMap := splitMap(old)
	nowKey, nowElem, nowMap := splitMap(now)
	if oldMap && nowMap {
		return readsAs(oldKey, nowKey, ofEntry) && readsAs(oldElem, nowElem, ofEntry)
	}
	oldLength, oldElem, oldList := splitList(old)
	nowLength, nowElem, nowList := splitList(now)
	if oldList && nowList {
		return (nowLength == "" || nowLength == oldLength) && readsAs(oldElem, nowElem, ofElement)
	}
	return old == now || now == anything || isWider(old, now) || isOpaque(now) && (isOpaque(old) || strings.HasPrefix(old, "bytes[") || strings.HasPrefix(old, "text("))
}

// isOpaque is for kinds that hold every value of the others.
func isOpaque(kind string) bool { return kind == "string" || kind == "bytes" }

// isWider reports whether a number has the kind of another one, with more bits.
func isWider(old, now string) bool {
	for _, kind := range []string{"sint", "uint", "float", "complex"} {
		was, wasOne := strings.CutPrefix(old, kind)
		is, isOne := strings.CutPrefix(now, kind)
		if wasOne && isOne {
			from, err1 := strconv.Atoi(was)
			to, err2 := strconv.Atoi(is)
			return err1 == nil && err2 == nil && from <= to
		}
	}
	return false
}

// isRepeated reports whether a kind is written as any number of entries.
func isRepeated(kind string) bool {
	return strings.HasPrefix(kind, "[") || strings.HasPrefix(kind, "map[")
}

// splitList splits []T and [4]T.
func splitList(kind string) (length, elem string, ok bool) {
	rest, found := strings.CutPrefix(kind, "[")
	if !found {
		return "", "", false
	}
	return strings.Cut(rest, "]")
}

// splitMap splits map[K]V.
func splitMap(kind string) (key, elem string, ok bool) {
	rest, found := strings.CutPrefix(kind, "map[")
	depth := 1
	for i := 0; found && i < len(rest); i++ {
		switch rest[i] {
		case '[':
			depth++
		case ']':
			depth--
		}
		if depth == 0 {
			return rest[:i], rest[i+1:], true
		}
	}
	return "", "", false
}
