package wire

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"reflect"
)

// comparison returns how a value that encodes itself is compared with what was read back: by
// its method Equal or Cmp. It is nil if the type has neither, and for a value that does not
// equal itself, such as NaN.
func comparison[T any](want *T) func(got *T) bool {
	var same func(got *T) bool
	switch v := any(want).(type) {
	case *url.URL:
		same = func(got *T) bool { return sameURL(v, any(got).(*url.URL)) }
	case interface{ Equal(T) bool }:
		same = func(got *T) bool { return v.Equal(*got) }
	case interface{ Equal(*T) bool }:
		same = v.Equal
	case interface{ Cmp(T) int }:
		same = func(got *T) bool { return v.Cmp(*got) == 0 }
	case interface{ Cmp(*T) int }:
		same = func(got *T) bool { return v.Cmp(got) == 0 }
	}
	if same == nil || !same(want) {
		return nil
	}
	return same
}

// sameURL compares all that can be seen of two addresses. RawPath and RawFragment are hints: what
// they make of the path and the fragment counts.
func sameURL(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && a.Opaque == b.Opaque && a.Host == b.Host &&
		(a.User == nil) == (b.User == nil) && a.User.String() == b.User.String() &&
		a.Path == b.Path && a.EscapedPath() == b.EscapedPath() &&
		a.ForceQuery == b.ForceQuery && a.RawQuery == b.RawQuery &&
		a.Fragment == b.Fragment && a.EscapedFragment() == b.EscapedFragment()
}

// difference says where a value that was read back from JSON differs from the one that was
// written, with the path to it. It is empty if they are the same: nil and what has no elements
// are, and a type that writes itself is asked by its method Equal or Cmp, if it has one.
func difference(path string, want, got reflect.Value) string {
	if same, known := sameByMethod(want, got); known {
		if !same {
			return path + " is read back as another value"
		}
		return ""
	}
	switch want.Kind() {
	case reflect.Interface, reflect.Pointer:
		return differenceBehind(path, want, got)
	case reflect.Struct:
		return differenceOfFields(path, want, got)
	case reflect.Map:
		return differenceOfEntries(path, want, got)
	case reflect.Slice, reflect.Array:
		if want.Len() != got.Len() {
			return path + " is read back with another number of elements"
		}
		for i := range want.Len() {
			if what := difference(fmt.Sprintf("%s[%d]", path, i), want.Index(i), got.Index(i)); what != "" {
				return what
			}
		}
	case reflect.Float32, reflect.Float64:
		if math.Float64bits(want.Float()) != math.Float64bits(got.Float()) {
			return path + " is read back as another number"
		}
	default:
		if !want.Equal(got) {
			return path + " is read back as another value"
		}
	}
	return ""
}

func differenceBehind(path string, want, got reflect.Value) string {
	switch {
	case want.IsNil() && got.IsNil():
		return ""
	case want.IsNil():
		return path + " is nil, and read back as a value"
	case got.IsNil():
		return path + " is read back as nil"
	}
	if a, b := want.Elem().Type(), got.Elem().Type(); a != b {
		return fmt.Sprintf("%s is of type %v, and read back as a %v", path, a, b)
	}
	return difference(path, want.Elem(), got.Elem())
}

// differenceOfFields compares what encoding/json writes of a struct. What it leaves out has been
// refused, or allowed, when the code was generated.
func differenceOfFields(path string, want, got reflect.Value) string {
	for i := range want.NumField() {
		field := want.Type().Field(i)
		if !field.IsExported() && !field.Anonymous || field.Tag.Get("json") == "-" {
			continue
		}
		if what := difference(path+"."+field.Name, want.Field(i), got.Field(i)); what != "" {
			return what
		}
	}
	return ""
}

func differenceOfEntries(path string, want, got reflect.Value) string {
	if want.Len() != got.Len() {
		return path + " is read back with another number of entries"
	}
	for entries := want.MapRange(); entries.Next(); {
		at := fmt.Sprintf("%s[%q]", path, fmt.Sprint(entries.Key()))
		value := got.MapIndex(entries.Key())
		if !value.IsValid() {
			return at + " is read back under another key"
		}
		if what := difference(at, entries.Value(), value); what != "" {
			return what
		}
	}
	return ""
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// sameByMethod compares values of a type that writes itself. One without Equal and Cmp is taken
// at its word.
func sameByMethod(want, got reflect.Value) (same, known bool) {
	t := want.Type()
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer || !want.CanInterface() {
		return false, false
	}
	if pointer := reflect.PointerTo(t); !pointer.Implements(jsonMarshaler) && !pointer.Implements(textMarshaler) {
		return false, false
	}
	a, b := reflect.New(t), reflect.New(t)
	a.Elem().Set(want)
	b.Elem().Set(got)
	for _, method := range []reflect.Value{a.MethodByName("Equal"), a.MethodByName("Cmp")} {
		if !method.IsValid() || method.Type().NumIn() != 1 || method.Type().NumOut() != 1 {
			continue
		}
		other, self := b, a
		switch method.Type().In(0) {
		case t:
			other, self = b.Elem(), a.Elem()
		case b.Type():
		default:
			continue
		}
		holds := func(with reflect.Value) bool {
			result := method.Call([]reflect.Value{with})[0]
			return result.Kind() == reflect.Bool && result.Bool() || result.Kind() == reflect.Int && result.Int() == 0
		}
		return !holds(self) || holds(other), true
	}
	return true, true
}
