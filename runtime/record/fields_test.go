package record_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

func TestOwnFieldsAreInOrder(t *testing.T) {
	last := int32(0)
	names := map[string]bool{}
	for _, own := range record.OwnFields {
		if own.Number <= last {
			t.Errorf("%s: %d comes after %d", own.Name, own.Number, last)
		}
		if last = own.Number; last > wire.LastOwnNumber || !record.IsOwn(last) {
			t.Errorf("%s: %d is not a number of the runtime's", own.Name, last)
		}
		if names[own.Name] || !strings.HasPrefix(own.Name, "session_") || !strings.HasSuffix(own.Meaning, ".") {
			t.Errorf("%d: name %q, meaning %q", own.Number, own.Name, own.Meaning)
		}
		names[own.Name] = true
	}
	if last != record.OwnLast || record.IsOwn(last+1) {
		t.Errorf("the table ends at %d, OwnLast is %d", last, record.OwnLast)
	}
}

// goKinds and wireTypes are the forms that the table names, as [record.Header] and a record
// have them.
var (
	goKinds = map[string]reflect.Kind{
		"uint64": reflect.Uint64, "bool": reflect.Bool, "string": reflect.String, "bytes": reflect.String, "repeated bytes": reflect.String,
	}
	wireTypes = map[string]wire.Type{
		"uint64": wire.TypeVarint, "bool": wire.TypeVarint, "string": wire.TypeBytes, "bytes": wire.TypeBytes, "repeated bytes": wire.TypeBytes,
	}
)

// wholeHeader has a value of its own in every field.
func wholeHeader(t *testing.T) (h record.Header) {
	t.Helper()
	value := reflect.ValueOf(&h).Elem()
	for i := range value.NumField() {
		name, field := value.Type().Field(i).Name, value.Field(i)
		switch {
		case name == "Flashes":
			field.SetString(string(record.AppendFlashMark(record.AppendFlashMark(nil, 150946, runtime.Rev{1}), 16, runtime.Rev{2})))
		case name == "Key":
			field.SetString(strings.Repeat("k", record.KeyLength))
		case field.Kind() == reflect.String:
			field.SetString(strings.Repeat(string(rune('a'+i)), 10+i))
		case field.Kind() == reflect.Uint64:
			field.SetUint(uint64(1000 + i))
		case field.Kind() == reflect.Bool:
			field.SetBool(true)
		default:
			t.Fatalf("%s is a %v, which no form of the table is", name, field.Type())
		}
	}
	return h
}

// rowOf is the name that the table has for a field of [record.Header].
func rowOf(field string) string {
	switch field {
	case "Flashes": // all entries of the repeated field
		return "session_flash"
	case "Key", "PreviousKey":
		return "session_keys"
	}
	row := "session"
	for _, r := range field {
		if unicode.IsUpper(r) {
			row += "_"
		}
		row += string(unicode.ToLower(r))
	}
	return row
}

// entriesOf are the entries of a record, by number.
func entriesOf(t *testing.T, data string) (byNumber map[int32][]wire.Raw, order []int32) {
	t.Helper()
	byNumber = map[int32][]wire.Raw{}
	r := wire.NewReader(data)
	for r.Next() {
		raw := r.Raw()
		byNumber[raw.Number] = append(byNumber[raw.Number], raw)
		order = append(order, raw.Number)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return byNumber, order
}

// The table is what a header writes: each entry is in the row that has its number, in the row's
// form, and each row is written.
func TestOwnFieldsAreWhatAHeaderWrites(t *testing.T) {
	h := wholeHeader(t)
	written, order := entriesOf(t, string(h.Append(nil)))
	if !slices.IsSorted(order) {
		t.Errorf("the entries are in the order %v", order)
	}
	for _, own := range record.OwnFields {
		form, known := wireTypes[own.Form]
		raws := written[own.Number]
		if delete(written, own.Number); !known || len(raws) == 0 {
			t.Errorf("%s: form %q, %d entries", own.Name, own.Form, len(raws))
		}
		if many := strings.HasPrefix(own.Form, "repeated "); many != (len(raws) > 1) {
			t.Errorf("%s is %s, and has %d entries", own.Name, own.Form, len(raws))
		}
		for _, raw := range raws {
			if raw.Type != form || own.Form == "bool" && raw.Value != 1 {
				t.Errorf("%s is %s, and is written as %v %d", own.Name, own.Form, raw.Type, raw.Value)
			}
		}
	}
	for number := range written {
		t.Errorf("%d is written, and is not in the table", number)
	}
}

// Every field of a header has a row, in which a record without that field differs.
func TestEveryFieldOfAHeaderHasItsRow(t *testing.T) {
	rows := map[string]record.OwnField{}
	for _, own := range record.OwnFields {
		rows[own.Name] = own
	}
	used := map[string]bool{}
	whole := wholeHeader(t)
	written, _ := entriesOf(t, string(whole.Append(nil)))
	for i := range reflect.TypeFor[record.Header]().NumField() {
		without := whole
		field := reflect.ValueOf(&without).Elem().Field(i)
		field.SetZero()
		name := reflect.TypeFor[record.Header]().Field(i).Name
		row, found := rows[rowOf(name)]
		if !found {
			t.Errorf("%s: the table has no row %s", name, rowOf(name))
			continue
		}
		used[row.Name] = true
		if goKinds[row.Form] != field.Kind() {
			t.Errorf("%s is a %v, and its row says %s", name, field.Kind(), row.Form)
		}
		differs, _ := entriesOf(t, string(without.Append(nil)))
		if slices.Equal(differs[row.Number], written[row.Number]) {
			t.Errorf("%s: without it, the entry %d is the same", name, row.Number)
		}
		for number, entries := range written {
			// What a renewal left over is written together with the keys before it.
			together := name == "PreviousKey" && number == record.OwnRenewed
			if number != row.Number && !together && !slices.Equal(differs[number], entries) {
				t.Errorf("%s: without it, the entry %d differs too", name, number)
			}
		}
	}
	for name := range rows {
		if !used[name] {
			t.Errorf("no field of a header is in the row %s", name)
		}
	}
}
