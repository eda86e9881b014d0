package sessiontest

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// most is the number of characters of a value that a failure shows.
const most = 120

// described returns the texts of a value before and after a change, for a failure. Of long
// values it returns the part in which they differ.
func described(was, is any) (string, string) {
	before, after := describe(reflect.ValueOf(was), 0), describe(reflect.ValueOf(is), 0)
	if len(before) > most && len(after) > most {
		const around = 40
		same := 0
		for same < min(len(before), len(after)) && before[same] == after[same] {
			same++
		}
		if from := same - around; from > 0 {
			for !utf8.RuneStart(before[from]) {
				from--
			}
			before, after = "…"+before[from:], "…"+after[from:]
		}
	}
	return cut(before), cut(after)
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// describe returns a readable text for a value. It follows pointers, and omits the zero fields
// of structs.
func describe(v reflect.Value, depth int) string {
	if !v.IsValid() {
		return "nil"
	}
	if text, ok := ownText(v); ok {
		return text
	}
	if depth++; depth > 20 {
		return "…"
	}
	var parts []string
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return describe(v.Elem(), depth)
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				parts = append(parts, v.Type().Field(i).Name+": "+describe(v.Field(i), depth))
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Map:
		for key, value := range v.Seq2() {
			parts = append(parts, describe(key, depth)+": "+describe(value, depth))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return fmt.Sprintf("0x%x", v)
		}
		for i := range v.Len() {
			parts = append(parts, describe(v.Index(i), depth))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// ownText returns the text of a value by a method of its type, and whether there is one.
func ownText(v reflect.Value) (string, bool) {
	if v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && v.IsNil() || !v.CanInterface() {
		return "", false
	}
	if moment := reflect.TypeFor[time.Time](); v.Type().ConvertibleTo(moment) {
		v = v.Convert(moment)
	}
	if v.Kind() != reflect.Pointer { // the method may have a pointer receiver
		addressable := reflect.New(v.Type())
		addressable.Elem().Set(v)
		v = addressable
	}
	switch v := v.Interface().(type) {
	case *time.Time:
		return v.Format(time.RFC3339Nano), true
	case fmt.Stringer:
		return v.String(), true
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		return string(text), err == nil
	}
	return "", false
}
