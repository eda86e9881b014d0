package emit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/gen/internal/parse"
)

// packageOf reads a schema without the go command.
func packageOf(t *testing.T, text string) *model.Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "web.go", "package web\n"+text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
	pkg, err := new(types.Config).Check("example.com/web", fset, []*ast.File{file}, info)
	if err != nil {
		t.Fatal(err)
	}
	p, errs := parse.Package(&load.Source{Path: pkg.Path(), Files: []*ast.File{file}, Fset: fset, Types: pkg, Info: info}, nil)
	if errs != nil {
		t.Fatal(errs)
	}
	return p
}

func emitted(t *testing.T, text string) string {
	t.Helper()
	out, err := File(packageOf(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

const smallSchema = "type small struct {\n\t_ struct{} `session:\"idle=1m\"`\n\tCount int `session:\"count\"`\n}\n"

// TestEmitRefusesHiddenNames: a name of Go's own that the package has for
// something else is refused if generated code cannot do without it, and only then.
func TestEmitRefusesHiddenNames(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"type error int", "package web declares error, and generated code needs Go's own: rename it"},
		{"func new() {}", "declares new,"},
		{"var nil int", "declares nil,"},
		{"type int64 string", "declares int64,"},
		{"type any string", "declares any,"},
		{"func make() {}", ""},
		{"func append() {}", ""},
		{"func len() {}", ""},
		{"func max() {}", ""},
		{"type string uint8", ""},
		{"const false = true", ""},
		{"const true = false", "declares true,"},
		{"type string uint8\ntype Tags map[string]int", ""},
	} {
		_, err := File(packageOf(t, smallSchema+c.text))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.text, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %s", c.text, err, c.want)
		case err != nil && !strings.HasPrefix(err.Error(), "web.go:2:6: "):
			t.Errorf("%s: no position of the schema: %v", c.text, err)
		}
	}
}

// TestEmitUserType: a predeclared name means the user's type where the user's
// field has it.
func TestEmitUserType(t *testing.T) {
	out := emitted(t, "type named struct {\n\t_ struct{} `session:\"idle=1m\"`\n\tName string `session:\"name\"`\n}\ntype string uint8")
	if want := "c.Name = wire.ReadUint[string](r)"; !strings.Contains(out, want) {
		t.Errorf("%s is not in\n%s", want, out)
	}
}

func TestEmitIsStable(t *testing.T) {
	text := smallSchema + "type other struct {\n\t_ struct{} `session:\"idle=1m\"`\n\tM map[string]Item `session:\"m\"`\n\tN [][]*Item `session:\"n\"`\n\tO map[Item][][]Item `session:\"o\"`\n}\ntype Item struct{ B, A string }\n"
	first := emitted(t, text)
	for range 5 {
		if again := emitted(t, text); again != first {
			t.Fatal("the same package gave two different files")
		}
	}
}

// TestEmitNamesFunctionsAfterTypes: each instance of a generic type and each
// container has functions of its own, also beside declarations of the same names.
func TestEmitNamesFunctionsAfterTypes(t *testing.T) {
	out := emitted(t, `type small struct {
	_ struct{} `+"`session:\"idle=1m\"`"+`
	Ints    Box[int]              `+"`session:\"ints\"`"+`
	Bytes   Box[byte]             `+"`session:\"bytes\"`"+`
	Lists   Box[[]string]         `+"`session:\"lists\"`"+`
	Rows    [][]string            `+"`session:\"rows\"`"+`
	Named   []StringSlice         `+"`session:\"named\"`"+`
	ByName  map[string][3]*Item   `+"`session:\"by_name\"`"+`
}
type Box[T any] struct{ Value T }
type Item struct{ Name string }
type StringSlice []string
func appendItem() {}`)
	for _, want := range []string{
		"func appendBoxInt(b []byte, v *Box[int]) ", "func appendBoxByte(b []byte, v *Box[byte]) ", "func appendBoxStringSlice(b []byte, v *Box[[]string]) ",
		"func appendStringSlice(b []byte, v []string) ", "func appendStringSlice_(b []byte, v StringSlice) ",
		"func appendItemPointerArray3(b []byte, v *[3]*Item) ", "func appendItem_(b []byte, v *Item) ", "func consumeItemPointer(r *wire.Reader, v **Item) {",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is not in\n%s", want, out)
		}
	}
}

// TestEmitKeepsKeysInComments: the keys of a struct are whatever stands in its json
// tags, those of other modules too, and none of that may become code.
func TestEmitKeepsKeysInComments(t *testing.T) {
	out := emitted(t, "type small struct {\n\t_ struct{} `session:\"idle=1m\"`\n\tItem Item `session:\"item\"`\n}\n"+
		`type Item struct {
	A string "json:\"a\\nevil()\""
	B string "json:\"b\\r\\x00*/\""
	C string "json:\"plain\""
}`)
	for line := range strings.Lines(out) {
		if strings.HasPrefix(strings.TrimSpace(line), "evil()") {
			t.Errorf("a key became code: %s", line)
		}
	}
	for _, want := range []string{`// "a\nevil()"`, `// "b\r\x00*/"`, "// plain"} {
		if !strings.Contains(out, want+"\n") {
			t.Errorf("the comment %s is missing", want)
		}
	}
}

// TestEmitWritesTypesWithoutNames: what is kept as JSON may be of any type that
// can be written down.
func TestEmitWritesTypesWithoutNames(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"any", "any"},
		{"interface{}", "interface{}"},
		{"interface{ Do(int, ...string) (error, bool) }", "interface {\n\tDo(int, ...string) (error, bool)\n}"},
		{"struct{ A int `json:\"a,omitempty\"`; Item }", "struct {\n\tA int \"json:\\\"a,omitempty\\\"\"\n\tItem\n}"},
		{"map[string][]func(<-chan int) chan<- (<-chan Item)", "map[string][]func(<-chan int) chan<- <-chan Item"},
		{"chan (<-chan Item)", "chan (<-chan Item)"},
		{"*[2]map[Item]chan struct{}", "*[2]map[Item]chan struct{}"},
	} {
		p := packageOf(t, smallSchema+"type Item struct{}\nvar v "+c.text)
		e := &emitter{names: newNames(p)}
		file := jen.NewFile("web")
		file.Var().Id("v").Add(e.goType(p.Types.Scope().Lookup("v").Type()))
		written := file.GoString()
		got := strings.TrimSpace(strings.TrimPrefix(written, "package web\n\nvar v "))
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(c.want), " ") {
			t.Errorf("%s is written as\n%s\nwant\n%s", c.text, got, c.want)
		}
	}
}

func TestDurationLiteral(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second:             "time.Second",
		90 * time.Second:        "90 * time.Second",
		24 * time.Hour:          "24 * time.Hour",
		14 * 24 * time.Hour:     "14 * 24 * time.Hour",
		-time.Minute:            "-1 * time.Minute",
		1500 * time.Microsecond: "1500 * time.Microsecond",
		time.Nanosecond:         "time.Nanosecond",
		-1 << 63:                "-9223372036854775808",
		0:                       "0",
	} {
		if got := durationLiteral(d).GoString(); got != want {
			t.Errorf("durationLiteral(%v) = %s, want %s", d, got, want)
		}
	}
}
