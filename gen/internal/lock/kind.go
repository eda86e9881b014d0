package lock

import (
	"strconv"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// Kind is what a type is on the wire, in one word. It is the same for types
// that are written alike, such as T and *T, or int8 and int64.
func Kind(t *model.Type) string {
	switch t.Facts().Shape {
	case model.Optional:
		if model.IsRepeated(t.Elem) {
			return "*" + Kind(t.Elem)
		}
		return Kind(t.Elem)
	case model.List:
		length := ""
		if t.Kind == model.Array {
			length = strconv.Itoa(t.Length)
		}
		return "[" + length + "]" + element(t.Elem)
	case model.Table:
		elem := t.Elem
		if elem.Kind == model.Pointer {
			elem = elem.Elem // written alike: a nil one is an entry without a value
		}
		return "map[" + Kind(t.Key) + "]" + Kind(elem)
	default:
		name := t.Facts().Lock
		if model.IsByteArray(t) {
			name += "[" + strconv.Itoa(t.Length) + "]"
		}
		return name
	}
}

// element is the kind of the elements of a slice: a pointer has a message of
// its own there, so that nil keeps its place.
func element(t *model.Type) string {
	if t.Kind == model.Pointer {
		return "*" + Kind(t.Elem)
	}
	return Kind(t)
}

// wireType is the wire type of a type's entries, as the Protocol Buffers
// documentation calls it.
func wireType(t *model.Type) string {
	for t.Kind == model.Pointer {
		t = t.Elem
	}
	return t.Facts().Wire.String()
}

// readsAs reports whether values of one kind can be read as those of another.
func readsAs(old, now string) bool {
	if old == now {
		return true
	}
	if isOpaque(now) && (isOpaque(old) || strings.HasPrefix(old, "bytes[")) {
		return true
	}
	oldKey, oldElem, oldMap := splitMap(old)
	nowKey, nowElem, nowMap := splitMap(now)
	if oldMap && nowMap {
		return readsAs(oldKey, nowKey) && readsAs(oldElem, nowElem)
	}
	oldLength, oldElem, oldList := splitList(old)
	nowLength, nowElem, nowList := splitList(now)
	if oldList && nowList {
		return (nowLength == "" || nowLength == oldLength) && readsAs(oldElem, nowElem)
	}
	oldElem, oldPointer := strings.CutPrefix(old, "*")
	nowElem, nowPointer := strings.CutPrefix(now, "*")
	return oldPointer && nowPointer && readsAs(oldElem, nowElem)
}

// isOpaque is for bytes in which every value has a meaning of its own.
func isOpaque(kind string) bool { return kind == "string" || kind == "bytes" || kind == "text" }

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
