package protobuf_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/everykind"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

var update = flag.Bool("update", false, "write generated code anew, and golden records for kinds that have none")

const recordsDir = "testdata/records"

// recordKinds are the kinds that there are golden records of, with the field that
// each is a value of.
var recordKinds = map[string]string{
	"bool": "Bool", "int": "Int", "int8": "Int8", "uint": "Uint64", "float": "Float32", "double": "Float64",
	"complex": "Complex128", "string": "String", "bytes": "Bytes", "array_of_bytes": "Hash", "binary": "Address",
	"text": "IP", "text_of_pointer": "Big", "json": "Anything", "time": "Time", "duration": "Duration", "struct": "Item",
	"foreign_struct": "Null", "pointer": "IntPointer", "pointer_to_struct": "ItemPointer", "pointer_to_slice": "ListPointer",
	"pointer_to_map": "MapPointer", "packed_bools": "Bools", "packed_ints": "Ints", "packed_uints": "Uint64s",
	"packed_floats": "Float32s", "packed_doubles": "Float64s", "strings": "Strings", "structs": "Items",
	"pointers": "IntsOrNil", "pointers_to_structs": "ItemsOrNil", "slices": "Matrix", "slices_of_slices": "Tables",
	"maps": "Maps", "array": "Three", "array_of_structs": "TwoItems", "arrays": "Square", "array_of_pointers": "TwoOrNil",
	"map": "StringMap", "map_by_int": "IntMap", "map_by_bool": "BoolMap", "map_by_float": "FloatMap", "map_by_time": "TimeMap",
	"map_by_bytes": "HashMap", "map_by_struct": "PointMap", "map_by_binary": "AddressMap", "map_to_slice": "ListMap",
	"map_to_map": "MapMap", "map_to_pointer": "ItemOrNilMap", "nested": "Nested", "recursive": "Tree", "generic": "Pair",
	"embedded": "Around", "unknown_kept": "Keeper",
}

// golden is what stands beside a record: the field that it is of, and its value
// in words.
type golden struct{ Field, Value string }

// Records that were written once are read for ever.
func TestGoldenRecords(t *testing.T) {
	for kind, field := range recordKinds {
		record := filepath.Join(recordsDir, kind+".hex")
		if _, err := os.Stat(record); errors.Is(err, fs.ErrNotExist) {
			if !*update {
				t.Errorf("there is no golden record of %s: go test ./runtime/realtest/protobuf -update", kind)
				continue
			}
			addGolden(t, kind, field)
		}
	}
	records, err := filepath.Glob(filepath.Join(recordsDir, "*.hex"))
	if err != nil {
		t.Fatal(err)
	}
	if len(records) < len(recordKinds) {
		t.Errorf("%d golden records of %d kinds", len(records), len(recordKinds))
	}
	for _, record := range records {
		t.Run(strings.TrimSuffix(filepath.Base(record), ".hex"), func(t *testing.T) { readGolden(t, record) })
	}
}

func readGolden(t *testing.T, record string) {
	data, err := hex.DecodeString(strings.Join(strings.Fields(string(readFile(t, record))), ""))
	if err != nil {
		t.Fatal(err)
	}
	var want golden
	if err := json.Unmarshal(readFile(t, strings.TrimSuffix(record, "hex")+"json"), &want); err != nil {
		t.Fatal(err)
	}
	fields := schemaFields()
	index := slices.IndexFunc(fields, func(f reflect.StructField) bool { return f.Name == want.Field })
	if index < 0 {
		t.Fatalf("the schema has lost its field %s, and with it the proof that such records are read", want.Field)
	}
	values := new(everykind.Values)
	codec := everykind.CodecOf(values)
	r := wire.NewReader(string(data))
	if codec.Consume(index, r); r.Err() != nil {
		t.Fatal(r.Err())
	}
	if got := show(valueOf(values, fields[index])); got != want.Value {
		t.Errorf("it is read as\n%s, and was written as\n%s", got, want.Value)
	}
	if again := codec.Append(nil, index); string(again) != string(data) {
		t.Errorf("the value is written as\n%x, and once was as\n%x: sessions are found by what their values are written as", again, data)
	}
}

// addGolden writes a record of a value drawn for the kind.
func addGolden(t *testing.T, kind, name string) {
	t.Helper()
	fields := schemaFields()
	index := slices.IndexFunc(fields, func(f reflect.StructField) bool { return f.Name == name })
	if index < 0 {
		t.Fatalf("%s: there is no field %s", kind, name)
	}
	hash := fnv.New64()
	hash.Write([]byte(kind))
	random := rand.New(rand.NewPCG(hash.Sum64(), 0))
	values := new(everykind.Values)
	codec := everykind.CodecOf(values)
	value := valueOf(values, fields[index])
	for tries := 0; value.IsZero() || len(codec.Append(nil, index)) < 10 && tries < 100; tries++ {
		fill(random, value, 4)
	}
	encoded := codec.Append(nil, index)
	var lines strings.Builder
	for chunk := range slices.Chunk(encoded, 32) {
		lines.WriteString(hex.EncodeToString(chunk) + "\n")
	}
	var words bytes.Buffer
	encoder := json.NewEncoder(&words)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	if err := encoder.Encode(golden{name, show(value)}); err != nil {
		t.Fatal(err)
	}
	writeNew(t, filepath.Join(recordsDir, kind+".hex"), []byte(lines.String()))
	writeNew(t, filepath.Join(recordsDir, kind+".json"), words.Bytes())
}

// writeNew writes a file that is not there yet.
func writeNew(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := createNew(path, content); err != nil {
		t.Fatal(err)
	}
}

func createNew(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}

func TestGoldenRecordsAreNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kind.hex")
	writeNew(t, path, []byte("first"))
	if err := createNew(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("it was replaced: %v", err)
	}
	if got := string(readFile(t, path)); got != "first" {
		t.Errorf("it is %q now", got)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
