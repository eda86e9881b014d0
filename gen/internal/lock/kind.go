package lock

import (
	"strconv"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// kinds are the kinds that have one name each.
var kinds = map[model.Kind]string{
	model.Bool: "bool", model.Int: "sint64", model.Uint: "uint64", model.Complex: "complex", model.String: "string",
	model.Binary: "binary", model.Text: "text", model.JSON: "json", model.Time: "timestamp", model.Duration: "duration", model.Message: "message",
}

// Kind is what a type is on the wire, in one word. It is the same for types
// that are written alike, such as T and *T, or int8 and int64.
func Kind(t *model.Type) string {
	switch t.Kind {
	case model.Pointer:
		if hasManyEntries(t.Elem) {
			return "*" + Kind(t.Elem)
		}
		return Kind(t.Elem)
	case model.Float:
		if model.BasicOf(t).Name() == "float32" {
			return "float"
		}
		return "double"
	case model.Bytes:
		if t.Length >= 0 {
			return "bytes[" + strconv.Itoa(t.Length) + "]"
		}
		return "bytes"
	case model.Slice:
		return "[]" + element(t.Elem)
	case model.Array:
		return "[" + strconv.Itoa(t.Length) + "]" + element(t.Elem)
	case model.Map:
		elem := t.Elem
		if elem.Kind == model.Pointer {
			elem = elem.Elem // written alike: a nil one is an entry without a value
		}
		return "map[" + Kind(t.Key) + "]" + Kind(elem)
	}
	return kinds[t.Kind]
}

// element is the kind of the elements of a slice: a pointer has a message of
// its own there, so that nil keeps its place.
func element(t *model.Type) string {
	if t.Kind == model.Pointer {
		return "*" + Kind(t.Elem)
	}
	return Kind(t)
}

// hasManyEntries reports whether a value of the type is any number of entries.
func hasManyEntries(t *model.Type) bool {
	return t.Kind == model.Slice || t.Kind == model.Array || t.Kind == model.Map
}

// wire is the wire type of a type's entries, as the Protocol Buffers
// documentation calls it.
func wire(t *model.Type) string {
	switch t.Kind {
	case model.Pointer:
		return wire(t.Elem)
	case model.Bool, model.Int, model.Uint:
		return "varint"
	case model.Float:
		if model.BasicOf(t).Name() == "float32" {
			return "i32"
		}
		return "i64"
	}
	return "len"
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
