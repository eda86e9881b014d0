package protobuf_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sessiongen/sessiongen/gen"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// compile lets a compiler of Protocol Buffers read a .proto file.
func compile(text []byte) (protoreflect.FileDescriptor, error) {
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"schema.proto": string(text)}),
	})}
	files, err := compiler.Compile(context.Background(), "schema.proto")
	if err != nil {
		return nil, err
	}
	return files[0], nil
}

// compileProto compiles what the command prints for the package in a folder.
func compileProto(t *testing.T, dir string) (file protoreflect.FileDescriptor, text []byte) {
	t.Helper()
	text, err := gen.Proto(t.Context(), gen.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if file, err = compile(text); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return file, text
}

func TestProtoOfGoldenCasesCompiles(t *testing.T) {
	cookiesOnly := []string{"cookies", "sealedcookies"} // of which no record is kept
	const golden = "../../../gen/testdata/golden"
	schemas, err := filepath.Glob(golden + "/*/session_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	compiled := 0
	for _, schema := range schemas {
		dir := filepath.Dir(schema)
		if slices.Contains(cookiesOnly, filepath.Base(dir)) {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if file, _ := compileProto(t, dir); file.Messages().Len() == 0 {
				t.Error("it has no message")
			}
			compiled++
		})
	}
	if compiled < 10 {
		t.Errorf("%d golden cases were compiled", compiled)
	}
}

// Names that Protocol Buffers does not allow, or that would clash there.
func TestProtoNames(t *testing.T) {
	const source = `package shop

type message struct {
	_ struct{} ` + "`session:\"\"`" + `

	A  int            ` + "`session:\"user_id\"`" + `
	B  int            ` + "`session:\"userId\"`" + `
	C  int            ` + "`session:\"user.id\"`" + `
	D  map[string]int ` + "`session:\"prefs\"`" + `
	E  int            ` + "`session:\"PrefsEntry\"`" + `
	F  []PrefsEntry   ` + "`session:\"entries\"`" + `
	G  []ListOfSint64 ` + "`session:\"lists\"`" + `
	H  [][]int        ` + "`session:\"matrix\"`" + `
	I  string         ` + "`session:\"session_keys\"`" + `
	J  int            ` + "`session:\"größe\"`" + `
	K  Größe          ` + "`session:\"Item\"`" + `
	L  Item           ` + "`session:\"_\"`" + `
	M  map[bool]Item  ` + "`session:\"_prefs\"`" + `
	N  google         ` + "`session:\"google\"`" + `
	O  Complex        ` + "`session:\"reserved\"`" + `
	P  complex64      ` + "`session:\"option\"`" + `
}

type (
	PrefsEntry   struct{ Value int }
	ListOfSint64 struct{ Ints []int }
	Größe        struct{ Maß float64 }
	Item         struct{ Message, Oneof, Map int }
	google       struct{ Protobuf int }
	Complex      struct{ Real int }
)
`
	dir := t.TempDir()
	for name, content := range map[string]string{"visitor.go": source, "go.mod": "module example.com/shop\n\ngo 1.26.0\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOWORK", "off") // which knows nothing of this module
	file, text := compileProto(t, dir)
	schema := file.Messages().ByName("Message")
	if schema == nil {
		t.Fatalf("no message is called as the schema\n%s", text)
	}
	for _, key := range []string{"user_id", "userId", "user.id", "prefs", "PrefsEntry", "entries", "lists", "matrix",
		"session_keys", "größe", "Item", "_", "_prefs", "google", "reserved", "option"} {
		if schema.Fields().ByNumber(protoreflect.FieldNumber(wire.FieldNumber(key))) == nil {
			t.Errorf("%s is missing\n%s", key, text)
		}
	}
	for name, fields := range map[protoreflect.Name]int{"PrefsEntry": 1, "ListOfSint64": 1, "Gru00f6u00dfe": 1, "Item": 3, "Google": 1, "Complex": 1} {
		if m := file.Messages().ByName(name); m == nil || m.Fields().Len() != fields {
			t.Errorf("no message %s has %d fields\n%s", name, fields, text)
		}
	}
}
