package protobuf_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/everykind"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// FuzzRecordAgainstProtobuf gives records to a session and to the official
// library of Protocol Buffers. Both accept the same bytes and see the same in
// them, except that a session
//   - resets a field that is kept in another form than its type has, where the
//     library takes it for an unknown field;
//   - resets a field whose value the Go type cannot hold: an int8 of 128, an array
//     of another length, a nanosecond too many, what UnmarshalText refuses;
//   - resets a field that is nested deeper than 64 messages (the library: 10,000);
//   - takes the last of several Timestamps, Durations, complex numbers or arrays,
//     where the library merges them;
//   - resets a field if any of several values of it is one that the Go type cannot
//     hold, where the library looks at the last, and counts the elements of an array
//     in each of several messages that the library makes one of;
//   - resets an array that is there without elements, where the library finds none;
//   - takes a value that is missing from a map's entry for Go's zero, which is the
//     year 1 rather than 1970, and zeros rather than an array without elements;
//   - refuses groups, which proto3 and editions no longer have.
//
// Strings need not be UTF-8 for either, as the .proto file says.
func FuzzRecordAgainstProtobuf(f *testing.F) {
	for seed := range 4 {
		values := randomValues(rand.New(rand.NewPCG(3, uint64(seed))))
		codec := everykind.CodecOf(values)
		for i := range schemaFields() {
			f.Add(codec.Append(nil, i))
		}
	}
	f.Add(protowire.AppendVarint(protowire.AppendTag(nil, 112290, protowire.VarintType), 1<<63))
	f.Add([]byte("\x80\x80\x40\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"))
	descriptor(f) // takes longer than a fuzz target may
	f.Fuzz(compareWithProtobuf)
}

func compareWithProtobuf(t *testing.T, data []byte) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the record is %q", data)
		}
	})
	if hasOwnFields(data) {
		return // the runtime's own fields have a fuzz target in its package
	}
	message := descriptor(t)
	theirs := dynamicpb.NewMessage(message)
	refused := unmarshal(data, theirs)

	s := newSite(t)
	s.put(data)
	ours := new(everykind.Values)
	set := map[string]bool{}
	s.visit(t, func(v *everykind.Kinds) {
		for _, field := range schemaFields() {
			value, has := get(v, field)
			valueOf(ours, field).Set(value)
			set[field.Name] = has
		}
	})
	reset := map[string]bool{}
	for _, e := range s.events {
		if e.Kind != runtime.EventFieldReset {
			if refused == nil && !differences(message, data, 0).group {
				t.Fatalf("the record was refused: %v", s.events)
			}
			return
		}
		reset[e.Field] = true
	}
	if refused != nil {
		if len(reset) == 0 {
			t.Fatalf("accepted what the library refuses: %v", refused)
		}
		return
	}
	spans := split(data)
	for _, field := range schemaFields() {
		key, _, _ := keyOf(field)
		fd := message.Fields().ByName(protoreflect.Name(key))
		found := differences(message, spans[fd.Number()], 0)
		want := new(everykind.Values)
		err := readInto(theirs, field, want)
		if err != nil && !errors.Is(err, errUnreadable) {
			t.Fatal(err)
		}
		resets := err != nil || found.form || found.group || found.deep
		switch {
		case found.merged:
		case found.twice && (reset[key] || err != nil):
		case found.missing:
		case found.empty && reset[key]:
		case reset[key] != resets:
			t.Fatalf("%s: reset is %v, want %v (%v, %+v): %v", key, reset[key], resets, err, found, s.events)
		case resets:
		case show(valueOf(ours, field)) != show(valueOf(want, field)):
			t.Fatalf("%s is\n%s, want\n%s", key, show(valueOf(ours, field)), show(valueOf(want, field)))
		case set[field.Name] != (theirs.Has(fd) && !emptyArray(theirs, fd, field.Type)):
			t.Fatalf("Has%s is %v", field.Name, set[field.Name])
		}
	}
}

// unmarshal is proto.Unmarshal, which panics in version 1.36.12 if the key of a map
// is of another wire type than the .proto file says.
func unmarshal(data []byte, into proto.Message) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	return proto.Unmarshal(data, into)
}

func emptyArray(m protoreflect.Message, fd protoreflect.FieldDescriptor, t reflect.Type) bool {
	return fd.IsList() && m.Get(fd).List().Len() == 0 && t.Kind() == reflect.Array
}

func hasOwnFields(data []byte) bool {
	for len(data) > 0 {
		number, _, n := protowire.ConsumeField(data)
		if n < 0 {
			return false
		}
		if number < 16 {
			return true
		}
		data = data[n:]
	}
	return false
}

// difference is why a field may differ.
type difference struct {
	form    bool // kept in another form than the .proto file says
	group   bool
	deep    bool
	empty   bool // a list that is there, and empty
	missing bool // the entry of a map without its value
	twice   bool // several values of what is one
	merged  bool // several messages that stand for one value
}

// differences looks for what a session and the library treat in different ways
// in a message that is well-formed.
func differences(message protoreflect.MessageDescriptor, data []byte, depth int) (found difference) {
	seen := map[protowire.Number]bool{}
	for len(data) > 0 {
		number, wireType, n := protowire.ConsumeTag(data)
		length := protowire.ConsumeFieldValue(number, wireType, data[n:])
		if n < 0 || length < 0 {
			return found
		}
		value := data[n : n+length]
		data = data[n+length:]
		if wireType == protowire.StartGroupType {
			found.group = true
			continue
		}
		fd := message.Fields().ByNumber(number)
		if fd == nil {
			continue
		}
		packed := fd.IsList() && fd.Kind() != protoreflect.MessageKind && wireType == protowire.BytesType && wireOf(fd) != protowire.BytesType
		if wireType != wireOf(fd) && !packed {
			found.form = true
			continue
		}
		again := seen[number] && fd.Cardinality() != protoreflect.Repeated
		seen[number] = true
		found.twice = found.twice || again
		if fd.Message() == nil {
			found.empty = found.empty || packed && len(value) == 1
			continue
		}
		if again && isAtomic(fd.Message()) {
			found.merged = true
		}
		if depth+1 > wire.MaxDepth {
			found.deep = true
			continue
		}
		content, _ := protowire.ConsumeBytes(value)
		found.missing = found.missing || fd.IsMap() && len(split(content)[2]) == 0
		within := differences(fd.Message(), content, depth+1)
		found.form = found.form || within.form
		found.group = found.group || within.group
		found.deep = found.deep || within.deep
		found.empty = found.empty || within.empty
		found.missing = found.missing || within.missing
		found.twice = found.twice || within.twice
		found.merged = found.merged || within.merged
	}
	return found
}

// isAtomic says whether a message stands for a single value.
func isAtomic(message protoreflect.MessageDescriptor) bool {
	return message.Name() == "Complex" || strings.HasPrefix(string(message.Name()), "ListOf") ||
		strings.HasPrefix(string(message.FullName()), "google.protobuf.")
}

func wireOf(fd protoreflect.FieldDescriptor) protowire.Type {
	switch fd.Kind() {
	case protoreflect.BoolKind, protoreflect.Sint64Kind, protoreflect.Uint64Kind, protoreflect.Int64Kind, protoreflect.Int32Kind:
		return protowire.VarintType
	case protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.DoubleKind:
		return protowire.Fixed64Type
	}
	return protowire.BytesType
}

// TestRecordsAgainstProtobuf is the fuzz target over random changes of random
// records: every test run sees some hundreds, and a long one thousands.
func TestRecordsAgainstProtobuf(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	fields := schemaFields()
	for range scale(200, 2000) {
		values := new(everykind.Values)
		var data []byte
		for range 1 + random.IntN(3) {
			i := random.IntN(len(fields))
			fill(random, valueOf(values, fields[i]), 4)
			data = everykind.CodecOf(values).Append(data, i)
		}
		for range random.IntN(4) {
			data = mutate(random, data)
		}
		t.Run("", func(t *testing.T) { compareWithProtobuf(t, data) })
	}
}

// mutate changes a byte, or removes, repeats or moves some.
func mutate(random *rand.Rand, data []byte) []byte {
	if len(data) == 0 {
		return data
	}
	from := random.IntN(len(data))
	to := min(len(data), from+1+random.IntN(8))
	switch random.IntN(5) {
	case 0:
		data[from] ^= 1 << random.IntN(8)
	case 1:
		data[from] = byte(random.Uint32())
	case 2:
		data = append(data[:from:from], data[to:]...)
	case 3:
		data = append(data[:to:to], data[from:]...)
	case 4:
		data = append(data[from:len(data):len(data)], data[:from]...)
	}
	return data
}
