package parse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/gen/internal/load/loadtest"
	"github.com/sessiongen/sessiongen/gen/internal/lock"
	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// shape is how a type is written, in one line: length, parts and whose methods
// are used.
func shape(t *model.Type) string {
	switch t.Kind {
	case model.Bytes:
		return fmt.Sprintf("bytes%d", t.Length)
	case model.Binary, model.Text, model.Gob:
		name := map[model.Kind]string{model.Binary: "binary", model.Text: "text", model.Gob: "gob"}[t.Kind]
		if t.ByPointer {
			return "&" + name
		}
		return name
	case model.Slice:
		return "[]" + shape(t.Elem)
	case model.Array:
		return fmt.Sprintf("[%d]%s", t.Length, shape(t.Elem))
	case model.Map:
		return "map[" + shape(t.Key) + "]" + shape(t.Elem)
	case model.Pointer:
		return "*" + shape(t.Elem)
	case model.Message:
		var fields []string
		for _, f := range t.Struct.Fields {
			if t.Struct.Recursive {
				fields = append(fields, f.Name)
			} else {
				fields = append(fields, f.Name+" "+shape(f.Type))
			}
		}
		word := "{"
		if t.Struct.Recursive {
			word = "again{"
		}
		if t.Struct.Unknown != "" {
			fields = append(fields, t.Struct.Unknown+" unknown")
		}
		return word + strings.Join(fields, ", ") + "}"
	}
	return lock.Kind(nil, t)
}

func TestParseTypes(t *testing.T) {
	const declared = `
	type (
		Own struct{ Base; *Other; Color; unknown runtime.Unknown; Out any ` + "`json:\"-\"`" + `; In any ` + "`session:\",json\"`" + `; _ int }
		Base struct{ N int }
		Other struct{ S string }
		Color string
		Both [4]byte
		Value struct{ x int }
		Late struct{ x int }
		Stamp time.Time
		Stamped struct{ time.Time; Valid bool }
		Wrapped struct{ time.Time }
		Tree struct{ Kids map[string][]*Tree }
		Left struct{ Right Right }
		Right struct{ Lefts []Left }
		Box[T any] struct{ V T }
		List[T any] []T
		Alias = List[Box[int]]
		Odd int
		Maybe struct { X string; Valid bool }
		Perhaps struct { Maybe }
		Unsure struct { x string; Valid bool }
		Gob struct{ x int }
	)
	func (Maybe) MarshalText() ([]byte, error) { return nil, nil }
	func (*Maybe) UnmarshalText([]byte) error { return nil }
	func (Perhaps) MarshalBinary() ([]byte, error) { return nil, nil }
	func (*Perhaps) UnmarshalBinary([]byte) error { return nil }
	func (Unsure) MarshalText() ([]byte, error) { return nil, nil }
	func (*Unsure) UnmarshalText([]byte) error { return nil }
	func (Gob) GobEncode() ([]byte, error) { return nil, nil }
	func (*Gob) GobDecode([]byte) error { return nil }
	func (Both) MarshalText() ([]byte, error) { return nil, nil }
	func (*Both) UnmarshalText([]byte) error { return nil }
	func (Both) MarshalBinary() ([]byte, error) { return nil, nil }
	func (*Both) UnmarshalBinary([]byte) error { return nil }
	func (Value) MarshalText() ([]byte, error) { return nil, nil }
	func (*Value) UnmarshalText([]byte) error { return nil }
	func (*Late) MarshalBinary() ([]byte, error) { return nil, nil }
	func (*Late) UnmarshalBinary([]byte) error { return nil }
	func (Stamp) MarshalText() ([]byte, error) { return nil, nil }
	func (*Stamp) UnmarshalText([]byte) error { return nil }
	func (Odd) MarshalText(int) ([]byte, error) { return nil, nil }
	func (Odd) UnmarshalBinary() error { return nil }
	`
	var fields strings.Builder
	tests := []struct{ typ, want string }{
		{"*int8", "*sint8"},
		{"uintptr", "uint64"},
		{"complex64", "complex64"},
		{"[]byte", "bytes-1"},
		{"[16]byte", "bytes16"},
		{"[2][3]uint16", "[2][3]uint16"},
		{"[][][]string", "[][][]string"},
		{"map[[4]byte]map[bool][]*float32", "map[bytes4]map[bool][]*float"},
		{"*map[string]*[]int", "*map[string]*[]sint64"},
		{"Own", "{Base {N sint64}, Other *{S string}, Color string, In json:any, unknown unknown}"},
		{"Both", "binary"},
		{"*Value", "*text"},
		{"[]Late", "[]&binary"},
		{"Stamp", "timestamp"},
		{"Stamped", "{Time timestamp, Valid bool}"},
		{"Wrapped", "binary"},
		{"Odd", "sint64"},
		{"Tree", "again{Kids}"},
		{"Left", "again{Right}"},
		{"Box[List[Color]]", "{V []string}"},
		{"Alias", "[]{V sint64}"},
		{"struct{ X struct{} }", "{X {}}"},
		{"net.IP", "text"},
		{"netip.Addr", "binary"},
		{"url.URL", "&binary"},
		{"*big.Int", "*&text"},
		{"[]big.Float", "[]&gob"},
		{"Gob", "gob"},
		{"Maybe", "{X string, Valid bool}"},
		{"Perhaps", "{Maybe {X string, Valid bool}}"},
		{"Unsure", "text"},
		{"sql.NullTime", "{Time timestamp, Valid bool}"},
		{"sql.Null[Color]", "{V string, Valid bool}"},
		{"json.RawMessage", "bytes-1"},
	}
	for i, test := range tests {
		fmt.Fprintf(&fields, "F%d %s `session:\"\"`\n", i, test.typ)
	}
	cookies := []struct{ typ, want string }{{"Both", "text"}, {"netip.Addr", "text"}, {"*Both", "*binary"}, {"url.URL", "&binary"}, {"big.Float", "&gob"}, {"Maybe", "{X string, Valid bool}"}}
	for i, test := range cookies {
		fmt.Fprintf(&fields, "C%d %s `cookie:\",signed\"`\n", i, test.typ)
	}
	pkg, errs := Package(loadtest.Check(t, map[string]string{"shop.go": `package shop
	import ("database/sql"; "encoding/json"; "math/big"; "net"; "net/netip"; "net/url"; "time"; "github.com/sessiongen/sessiongen/runtime")
	type visitor struct {
		_ struct{} ` + "`session:\"\"`\n" + fields.String() + "}" + declared}), nil)
	if errs != nil {
		t.Fatal(errs)
	}
	for i, test := range tests {
		if got := shape(pkg.Schemas[0].Fields[i].Type); got != test.want {
			t.Errorf("%s is %s, want %s", test.typ, got, test.want)
		}
	}
	for i, test := range cookies {
		if got := shape(pkg.Schemas[0].Cookies[i].Type); got != test.want {
			t.Errorf("in a cookie, %s is %s, want %s", test.typ, got, test.want)
		}
	}
}
