package gen

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sessiongen/sessiongen/gen/internal/load/loadtest"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/gen/internal/parse"
	"github.com/sessiongen/sessiongen/gen/internal/proto"
)

// compileProto lets a compiler of Protocol Buffers read a .proto file.
func compileProto(t *testing.T, text []byte) protoreflect.FileDescriptor {
	t.Helper()
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"schema.proto": string(text)}),
	})}
	files, err := compiler.Compile(context.Background(), "schema.proto")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return files[0]
}

func TestProtoOfGoldenCasesCompiles(t *testing.T) {
	packages, _, err := read(t.Context(), &Config{Dir: goldenDir, Patterns: []string{"./..."}})
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range packages {
		t.Run(filepath.Base(pkg.Dir), func(t *testing.T) {
			if file := compileProto(t, proto.File(pkg)); file.Messages().Len() == 0 && !pkg.Schemas[0].Stateless {
				t.Error("it has no message")
			}
		})
	}
}

// Names that Protocol Buffers does not allow, or that would clash there.
func TestProtoNames(t *testing.T) {
	src := loadtest.Check(t, map[string]string{"visitor.go": `package shop

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
	I  string         ` + "`session:\"session_key\"`" + `
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
`})
	pkg, errs := parse.Package(src, nil)
	if errs != nil {
		t.Fatal(errs)
	}
	text := proto.File(pkg)
	file := compileProto(t, text)
	schema := file.Messages().ByName("Message")
	if schema == nil {
		t.Fatalf("no message is called as the schema\n%s", text)
	}
	for _, field := range pkg.Schemas[0].Fields {
		if schema.Fields().ByNumber(protoreflect.FieldNumber(field.Number)) == nil {
			t.Errorf("%s is missing\n%s", field.Key, text)
		}
	}
	for _, s := range pkg.Structs {
		name := proto.MessageName(model.TypeWord(pkg.Types, s.Go))
		m := file.Messages().ByName(protoreflect.Name(name))
		if m == nil || m.Fields().Len() != len(s.Fields) {
			t.Errorf("%s is not described by %s\n%s", s.Go, name, text)
		}
	}
}
