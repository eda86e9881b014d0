package wire_test

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

func TestFieldTags(t *testing.T) {
	for tag, want := range map[string]string{
		"":                             "Note",
		`db:"note"`:                    "Note",
		`json:"n" session:"note"`:      `Note session:"note" json:"n"`,
		`cookie:"a,default='\"\\n'"`:   `Note cookie:"a,default='\"\\n'"`,
		`session:""`:                   `Note session:""`,
		`session:"note"    cookie:"x"`: `Note session:"note" cookie:"x"`,
	} {
		equal(t, wire.FieldTags("Note", tag), want, tag)
	}
}
