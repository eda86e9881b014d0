package protobuf_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/everykind"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// An edit is a call of Append, Put or Remove, and the same on a decoded value.
type edit struct {
	method string
	args   []reflect.Value
}

// draw draws a few edits of a field, none if it is not a slice or map. Some concern a key that the
// map has.
func draw(random *rand.Rand, field reflect.StructField, value reflect.Value) (edits []edit) {
	one := func(t reflect.Type) reflect.Value {
		v := reflect.New(t).Elem()
		fill(random, v, 3)
		return v
	}
	for range 1 + random.IntN(4) {
		switch _, appends := reflect.TypeFor[*everykind.Kinds]().MethodByName("Append" + field.Name); {
		case appends:
			var args []reflect.Value
			for range 1 + random.IntN(3) {
				args = append(args, one(field.Type.Elem()))
			}
			edits = append(edits, edit{"Append", args})
		case field.Type.Kind() == reflect.Map && field.Name != "Anything":
			key := one(field.Type.Key())
			if keys := value.MapKeys(); len(keys) > 0 && random.IntN(2) == 0 {
				slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(show(a), show(b)) })
				key = keys[random.IntN(len(keys))]
			}
			if random.IntN(3) == 0 {
				edits = append(edits, edit{"Remove", []reflect.Value{key}})
			} else {
				edits = append(edits, edit{"Put", []reflect.Value{key, one(field.Type.Elem())}})
			}
		}
	}
	return edits
}

// decoded makes the edit in a copy of a value.
func (e edit) decoded(value reflect.Value) reflect.Value {
	if e.method == "Append" {
		return reflect.Append(value.Slice3(0, value.Len(), value.Len()), e.args...)
	}
	copied := reflect.MakeMap(value.Type())
	for _, key := range value.MapKeys() {
		copied.SetMapIndex(key, value.MapIndex(key))
	}
	if e.method == "Remove" {
		copied.SetMapIndex(e.args[0], reflect.Value{})
	} else {
		copied.SetMapIndex(e.args[0], e.args[1])
	}
	return copied
}

// outcome is what a request with edits has left of a field.
type outcome struct {
	status int
	bytes  string
	value  string
	events []string
}

// edited makes a request that runs handler, and looks at a field then.
func edited(t *testing.T, data []byte, field reflect.StructField, number protowire.Number, handler func(v *everykind.Kinds)) outcome {
	s := newSite(t)
	s.put(data)
	o := outcome{status: s.serve(handler).Code}
	for _, e := range s.events {
		if e.Kind != runtime.EventCommitFailed { // the text of an error may name another key
			o.events = append(o.events, e.Kind.String()+" "+e.Field)
		}
	}
	o.bytes = string(split([]byte(s.store.record.Data))[number])
	s.visit(t, func(v *everykind.Kinds) {
		value, _ := get(v, field)
		o.value = show(value)
	})
	return o
}

// FuzzEditsOfEveryKind holds Append, Put and Remove, which change encoded values, against the same
// changes of the decoded value. The values are equal, and so are the bytes of a field that this
// program has written. What another program has written keeps its bytes: elements and entries that
// stay, and everything of a field that cannot be read.
func FuzzEditsOfEveryKind(f *testing.F) {
	f.Add(uint64(1), false)
	f.Add(uint64(2), true)
	f.Fuzz(compareEdits)
}

func TestEditsOfEveryKind(t *testing.T) {
	t.Parallel()
	for seed := range scale(40, 2000) {
		compareEdits(t, uint64(seed), seed%2 == 1)
	}
}

func compareEdits(t *testing.T, seed uint64, foreign bool) {
	random := rand.New(rand.NewPCG(seed, 14))
	values := randomValues(random)
	codec := everykind.CodecOf(values)
	for i, field := range schemaFields() {
		edits := draw(random, field, valueOf(values, field))
		if edits == nil {
			continue
		}
		data := codec.Append(nil, i)
		if foreign {
			data = mutate(random, data)
		}
		if hasOwnFields(data) {
			continue
		}
		looks := random.IntN(len(edits) + 2) // a getter before this edit lends the value out
		number := protowire.Number(everykind.Schema().Fields[i].Number)
		ours := edited(t, data, field, number, func(v *everykind.Kinds) {
			for i, e := range edits {
				if i == looks {
					get(v, field)
				}
				reflect.ValueOf(v).MethodByName(e.method + field.Name).Call(e.args)
			}
		})
		want := edited(t, data, field, number, func(v *everykind.Kinds) {
			update := reflect.ValueOf(v).MethodByName("Update" + field.Name)
			update.Call([]reflect.Value{reflect.MakeFunc(update.Type().In(0), func(args []reflect.Value) []reflect.Value {
				value := args[0]
				for _, e := range edits {
					value = e.decoded(value)
				}
				return []reflect.Value{value}
			})})
		})
		before := string(split(data)[number])
		unreadable := slices.Contains(want.events, "field reset "+everykind.Schema().Fields[i].Key)
		switch {
		case ours.status != want.status || ours.value != want.value || !slices.Equal(ours.events, want.events):
			t.Fatalf("seed %d: %s after %v of %q:\n%+v, want\n%+v", seed, field.Name, edits, before, ours, want)
		case unreadable && (ours.bytes != before || !slices.Contains(ours.events, "dropped "+everykind.Schema().Fields[i].Key)):
			t.Fatalf("seed %d: %s cannot be read as %q, and is %q after %v: %v", seed, field.Name, before, ours.bytes, edits, ours.events)
		case !foreign && ours.bytes != want.bytes:
			t.Fatalf("seed %d: %s after %v of %q is\n%q, want\n%q", seed, field.Name, edits, before, ours.bytes, want.bytes)
		case slices.Contains(ours.events, "record refused "):
			// It is no message at all, and the edits have begun a new session.
		case foreign && ours.status == 200 && !keeps(i, edits, before, ours.bytes):
			t.Fatalf("seed %d: %s after %v was\n%q, and is\n%q", seed, field.Name, edits, before, ours.bytes)
		}
	}
}

// keeps reports whether a field still has the bytes of what the edits do not touch.
func keeps(field int, edits []edit, before, after string) bool {
	if edits[0].method == "Append" {
		return joined(before, after)
	}
	for entry := range wire.Entries(before) {
		values := new(everykind.Values)
		everykind.CodecOf(values).Consume(field, wire.NewReader(entry))
		key := valueOf(values, schemaFields()[field]).MapKeys()[0]
		touched := slices.ContainsFunc(edits, func(e edit) bool { return e.args[0].Equal(key) })
		if !touched && !strings.Contains(after, entry) {
			return false
		}
	}
	return true
}

// joined reports whether a list begins with the bytes of another one, or with the contents of its
// last entry.
func joined(before, after string) bool {
	if strings.HasPrefix(after, before) {
		return true
	}
	var last []byte
	start := 0
	for rest := []byte(before); len(rest) > 0; {
		_, _, n := protowire.ConsumeField(rest)
		if n < 0 {
			return false
		}
		last, start = rest[:n], len(before)-len(rest)
		rest = rest[n:]
	}
	contents := func(entry []byte) []byte {
		_, _, n := protowire.ConsumeTag(entry)
		b, _ := protowire.ConsumeBytes(entry[n:])
		return b
	}
	return len(after) > start && after[:start] == before[:start] && bytes.HasPrefix(contents([]byte(after[start:])), contents(last))
}
