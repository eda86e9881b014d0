package protobuf_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
	_ "google.golang.org/protobuf/types/known/durationpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sessiongen/sessiongen/gen"
	"github.com/sessiongen/sessiongen/runtime/internal/everykind"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// kindsDir is the folder of the schema that is judged.
const kindsDir = "../../internal/everykind"

// described is the message of the schema, out of the .proto file that the command
// prints, as the official library understands it.
var described = sync.OnceValues(func() (protoreflect.MessageDescriptor, error) {
	text, err := gen.Proto(context.Background(), gen.Config{Dir: kindsDir})
	if err != nil {
		return nil, err
	}
	compiled, err := compile(text)
	if err != nil {
		return nil, err
	}
	file, err := protodesc.NewFile(protodesc.ToFileDescriptorProto(compiled), protoregistry.GlobalFiles)
	if err != nil {
		return nil, err
	}
	return file.Messages().ByName("Kinds"), nil
})

func descriptor(t testing.TB) protoreflect.MessageDescriptor {
	t.Helper()
	message, err := described()
	if err != nil {
		t.Fatal(err)
	}
	return message
}

// schemaFields are the fields of the schema struct, in the codec's order.
func schemaFields() []reflect.StructField {
	var fields []reflect.StructField
	for field := range reflect.TypeFor[everykind.Values]().Fields() {
		if _, _, kept := keyOf(field); kept {
			fields = append(fields, field)
		}
	}
	return fields
}

func valueOf(values *everykind.Values, field reflect.StructField) reflect.Value {
	return reflect.ValueOf(values).Elem().FieldByIndex(field.Index)
}

// encode writes all fields. What holds nothing is written as nothing, and nothing else is.
func encode(t testing.TB, values *everykind.Values) []byte {
	t.Helper()
	codec := everykind.CodecOf(values)
	var b []byte
	for i, field := range schemaFields() {
		before := len(b)
		b = codec.Append(b, i)
		if written := len(b) - before; codec.Holds(i) != (written > 0) {
			t.Errorf("%s: %d bytes are written, and that it holds something is %v", field.Name, written, codec.Holds(i))
		}
	}
	return b
}

// split is a message's entries, those of each field together, up to what is none.
func split(data []byte) map[protowire.Number][]byte {
	fields := map[protowire.Number][]byte{}
	for len(data) > 0 {
		number, _, n := protowire.ConsumeField(data)
		if n < 0 {
			break
		}
		fields[number] = append(fields[number], data[:n]...)
		data = data[n:]
	}
	return fields
}

// decode reads all fields.
func decode(t testing.TB, data []byte) *everykind.Values {
	t.Helper()
	values := new(everykind.Values)
	codec := everykind.CodecOf(values)
	spans := split(data)
	for i, field := range everykind.Schema().Fields {
		codec.Reset(i)
		r := wire.NewReader(string(spans[protowire.Number(field.Number)]))
		if codec.Consume(i, r); r.Err() != nil {
			t.Errorf("%s: %v", field.Key, r.Err())
		}
	}
	return values
}

// randomValues are random values; now and then one of the fields is large.
func randomValues(random *rand.Rand) *everykind.Values {
	values := new(everykind.Values)
	for _, field := range schemaFields() {
		fill(random, valueOf(values, field), 4)
	}
	return values
}

func same(t testing.TB, what string, got, want *everykind.Values) {
	t.Helper()
	for _, field := range schemaFields() {
		if got, want := show(valueOf(got, field)), show(valueOf(want, field)); got != want {
			t.Errorf("%s: %s is\n%s, want\n%s", what, field.Name, got, want)
		}
	}
}

// The official library understands every value as we meant it, knows every
// field, and what it writes we read as what we wrote.
func TestOfficialLibraryAgrees(t *testing.T) {
	message := descriptor(t)
	for seed := range scale(30, 300) {
		random := rand.New(rand.NewPCG(1, uint64(seed)))
		values := randomValues(random)
		encoded := encode(t, values)

		theirs := dynamicpb.NewMessage(message)
		if err := proto.Unmarshal(encoded, theirs); err != nil {
			t.Fatal(err)
		}
		understood := new(everykind.Values)
		for _, field := range schemaFields() {
			if err := readInto(theirs, field, understood); err != nil {
				t.Fatalf("%s: %v", field.Name, err)
			}
		}
		same(t, "understood by the official library", understood, values)
		for path := range unknownIn(theirs, "Kinds") {
			if !strings.Contains(path, "keeper") {
				t.Errorf("%s has entries that the .proto file does not know", path)
			}
		}

		rewritten, err := proto.Marshal(theirs)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "written by the official library", decode(t, rewritten), values)
		again := decode(t, encoded)
		same(t, "read by ourselves", again, values)
		if canonical := encode(t, again); !bytes.Equal(canonical, encoded) {
			t.Error("what was read is written in another way")
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// readInto puts what the official library has read into the field of values.
func readInto(m protoreflect.Message, field reflect.StructField, values *everykind.Values) error {
	key, asJSON, _ := keyOf(field)
	fd := m.Descriptor().Fields().ByName(protoreflect.Name(key))
	if fd == nil {
		return fmt.Errorf("the .proto file has no field %s", key)
	}
	value, err := readField(m, fd, field.Type, asJSON)
	if err == nil {
		valueOf(values, field).Set(value)
	}
	return err
}

// unknownIn are the places in a message where there are entries that its
// description does not have.
func unknownIn(m protoreflect.Message, path string) map[string]bool {
	places := map[string]bool{}
	if len(m.GetUnknown()) > 0 {
		places[path] = true
	}
	add := func(fd protoreflect.FieldDescriptor, v protoreflect.Value, path string) {
		if fd.Message() != nil {
			for place := range unknownIn(v.Message(), path) {
				places[place] = true
			}
		}
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		path := path + "." + string(fd.Name())
		switch {
		case fd.IsMap():
			v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
				add(fd.MapValue(), v, path)
				return true
			})
		case fd.IsList():
			for i := range v.List().Len() {
				add(fd, v.List().Get(i), path)
			}
		default:
			add(fd, v, path)
		}
		return true
	})
	return places
}

// Every number that the schema has is the one in the .proto file.
func TestNumbersAreThoseOfTheSchema(t *testing.T) {
	fields := descriptor(t).Fields()
	for _, field := range everykind.Schema().Fields {
		if fd := fields.ByName(protoreflect.Name(field.Key)); fd == nil || int32(fd.Number()) != field.Number {
			t.Errorf("%s: %v, want %d", field.Key, fd, field.Number)
		}
	}
	if got, want := fields.Len(), len(everykind.Schema().Fields)+len(record.OwnFields); got != want {
		t.Errorf("%d fields, want %d: those of the schema and the runtime's own", got, want)
	}
}

// What the generator has written for the schema is committed.
func TestCommittedCodeIsCurrent(t *testing.T) {
	files, err := gen.Generate(t.Context(), gen.Config{Dir: kindsDir})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if _, err := gen.Write(files); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files {
		if committed := readFile(t, file.Path); !bytes.Equal(committed, file.Content) {
			t.Errorf("%s is not what the generator writes now: go test ./runtime/realtest/protobuf -update", file.Path)
		}
	}
}
