package engine

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Struct is a schema, or a struct in one, as it was when code was generated from it.
type Struct struct {
	now    reflect.Type
	fields []string // see [wire.FieldTags]
}

// StructOf describes the struct T. fields are its fields with their tags when the code was
// generated.
func StructOf[T any](fields ...string) Struct { return Struct{reflect.TypeFor[T](), fields} }

// checkStructs refuses code that was generated from other tags than the schema has now. The
// compiler finds fields that are gone or have another type, and nothing else.
func checkStructs(structs []Struct) error {
	for _, s := range structs {
		var now []string
		for i := range s.now.NumField() {
			f := s.now.Field(i)
			now = append(now, wire.FieldTags(f.Name, string(f.Tag)))
		}
		before := firstMissing(s.fields, now)
		after := firstMissing(now, s.fields)
		what := ""
		switch {
		case before == "" && after == "":
			continue
		case before == "":
			what = fmt.Sprintf("the field %s is new", after)
		case fieldName(before) == fieldName(after):
			what = fmt.Sprintf("the field %s is now %s", before, after)
		default:
			what = fmt.Sprintf("the field %s is gone", before)
		}
		return fmt.Errorf("the struct %v has changed since its code was generated: %s: run go generate", s.now, what)
	}
	return nil
}

// firstMissing returns the first field that others do not have, or "".
func firstMissing(fields, others []string) string {
	for _, field := range fields {
		if !slices.Contains(others, field) {
			return field
		}
	}
	return ""
}

func fieldName(field string) string {
	name, _, _ := strings.Cut(field, " ")
	return name
}
