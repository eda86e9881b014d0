package wire

import (
	"reflect"
	"strconv"
)

// tagKeys are the keys of those tags that decide about generated code.
var tagKeys = [...]string{"session", "cookie", "json"}

// FieldTags returns the name of a struct's field, and those of its tags that decide about
// generated code. Generated code contains the result, and a manager compares it with that of
// the field as it is.
func FieldTags(name, tag string) string {
	for _, key := range tagKeys {
		if value, found := reflect.StructTag(tag).Lookup(key); found {
			name += " " + key + ":" + strconv.Quote(value)
		}
	}
	return name
}
