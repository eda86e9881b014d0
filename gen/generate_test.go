package gen

import (
	"fmt"
	"go/token"
	"go/types"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/gen/internal/emit"
	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/load/loadtest"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/gen/internal/parse"
)

const fuzzed = `package shop

import ("database/sql"; "encoding/json"; "math/big"; "net"; "net/netip"; "net/url"; "time"; "github.com/sessiongen/sessiongen/runtime")

type visitor struct {
	_ struct{} %s

	%s %s %s
	Other%s %s %s
}

type Item struct {
	SKU   string
	Price Money
	Tags  []string
	Sizes map[int]Size
	Until time.Time
}

type Money int64

type Size struct{ Width, Height float32 }

type (
	Stamp   time.Time
	Timeout time.Duration
	Names   []string
	Sizes   map[Money]Size
	Blob    []byte
	Octet   byte
	Nothing struct{}
	Deep    struct {
		Sizes  Sizes
		Blob   Blob
		Octets []Octet
		Boxes  []Box[Blob]
		Stamp  Stamp
		Alias  Alias
		Flags  map[bool]bool
	}
	Alias            = []Box[Money]
	Box[T any] struct{ Value T }
	ID[T any]  string
)

type (
	Tree struct {
		Name     string
		Children []*Tree
		Parent   *Tree
		ByName   map[string]Tree
		Unknown  runtime.Unknown
	}
	Left  struct{ Right *Right }
	Right struct{ Lefts [][]Left }
	Base  struct {
		Created time.Time
		Updated *time.Time
	}
	Account struct {
		*Base
		Address
		Color
		IP       net.IP
		Addr     netip.Addr
		Site     *url.URL
		Balance  *big.Int
		Nickname *string
		Avatar   []byte
		ID       UUID
		Digest   [4]byte
		Corners  [4]Size
		Last     sql.NullTime
		Score    sql.Null[Money]
		Raw      json.RawMessage
		Wave     complex64
		Flags    *[]bool
		Matrix   [2][3]float32
		Extra    map[string]any ` + "`" + `session:"extra,json"` + "`" + `
		Any      any ` + "`" + `session:",json" json:"any"` + "`" + `
		Hidden   any ` + "`" + `json:"-"` + "`" + `
		unknown  runtime.Unknown
	}
	Address struct{ Lines []string }
	UUID    [16]byte
	Code    struct{ text string }
	Label   string
	Wave    complex128
	Deeper  map[string]map[UUID][][2]*Size
	Pairs   = map[Pair[int, string]]*Pair[Color, []Money]
	Pair[A comparable, B any] struct { First A; Second B }
	List[T any] []T
	Stamped struct { time.Time; Valid bool }
	Wrapped struct { time.Time }
	Pointed *Item
	Handle  uintptr
)

func (u UUID) MarshalBinary() ([]byte, error) { return u[:], nil }
func (u *UUID) UnmarshalBinary([]byte) error { return nil }
func (u UUID) MarshalText() ([]byte, error) { return u[:], nil }
func (u *UUID) UnmarshalText([]byte) error { return nil }

func (c *Code) MarshalText() ([]byte, error) { return []byte(c.text), nil }
func (c *Code) UnmarshalText([]byte) error { return nil }

func (l Label) MarshalText() ([]byte, error) { return []byte(l), nil }
func (l *Label) UnmarshalText([]byte) error { return nil }

type Color string

const (
	Blue  Color = "blue"
	Green Color = "green"
)

type Level uint8

const (
	Low Level = iota
	High
)
`

var fuzzedTypes = []string{
	"string", "int", "bool", "float32", "float64", "uint8", "int64", "uint16", "time.Time", "time.Duration", "[]byte",
	"Color", "Level", "Money", "Item", "[]Item", "map[string]Item", "map[Color][]byte", "[]time.Time", "[][]byte",
	"map[bool]Level", "[]Color", "map[Level]time.Duration", "[]bool", "[]float64", "time.Month", "func()",
	"Stamp", "[]Stamp", "map[string]Stamp", "Timeout", "Names", "Sizes", "Blob", "[]Blob", "map[Octet]Blob", "Octet", "[]Octet",
	"Nothing", "[]Nothing", "map[string]Nothing", "Deep", "[]Deep", "map[ID[Deep]]Deep", "Alias", "Box[string]", "[]Box[Names]", "ID[Box[int]]",
	"*string", "*Item", "*[]Item", "*map[string]int", "**int", "[]*Item", "[]*int", "[]*[]byte", "map[string]*Item", "map[string]*[]int", "Pointed", "*Names",
	"[4]int", "[16]byte", "[4]Item", "[2]*Item", "[2][]string", "[0]int", "*[2]bool", "[3]complex64", "complex128", "Wave", "[]Wave", "uintptr", "Handle",
	"[][]int", "[][]Item", "[][][]byte", "map[string][]Item", "map[string]map[int]Item", "[]map[string]bool", "map[Color]map[UUID][]Code", "Deeper",
	"Tree", "*Tree", "[]Tree", "map[string]*Tree", "Left", "[]Right", "Account", "*Account", "[]*Account", "Stamped", "Wrapped",
	"UUID", "*UUID", "[]UUID", "map[UUID]Label", "Code", "*Code", "[]Code", "[]*Code", "map[Label]Code", "Label", "[2]Code",
	"net.IP", "[]net.IP", "netip.Addr", "map[netip.Addr]int", "url.URL", "*url.URL", "[]url.URL", "map[string]url.URL", "big.Int", "*big.Int", "[]*big.Int",
	"sql.NullString", "sql.NullTime", "sql.Null[Color]", "json.RawMessage", "any", "map[string]any", "interface{ M() }", "error", "*any",
	"Pairs", "Pair[Color, *Item]", "map[Pair[int, bool]]string", "map[time.Time]int", "map[[4]byte]string", "map[float64]string", "map[complex128]bool", "map[*int]int", "map[[2]int]int",
	"List[int]", "List[List[*Tree]]", "List[Pair[UUID, bool]]", "chan int", "runtime.Unknown",
	"struct{}", "map[string]struct{}", `*struct{ Site url.URL "session:\"-\""; left func(big.Int) "json:\"-\""; Addr netip.Addr "json:\"a b\"" }`, "map[struct{ X int }]struct{ Y Color }", "[]struct{ Items []Item; Map map[string]struct{ Tree *Tree } }",
}

// FuzzTagEndToEnd gives tags and types to the generator. What it accepts must
// make code that compiles, with the methods that collisions were looked for in.
func FuzzTagEndToEnd(f *testing.F) {
	f.Add(`session:"idle=30m"`, "UserID", `session:"user_id,principal"`, byte(6), `cookie:"theme,max-age=365d,default=light"`, byte(0))
	f.Add(`session:"" cookie:"id,samesite=strict"`, "Role", `session:"role,renew,default=guest"`, byte(0), `session:"until,default=2026-01-02T03:04:05Z"`, byte(8))
	f.Add(`session:"-,type=Guest"`, "Color", `cookie:"color,default=blue,was=colour"`, byte(11), `cookie:"ticket,encrypted,secret"`, byte(6))
	f.Add(`session:"lifetime=1w"`, "Cart", `session:"cart,flash"`, byte(15), `session:"prefs,secret"`, byte(16))
	f.Add(`cookie:"__Secure-x,path=/x,domain=example.com"`, "String", `session:",index,default=-7"`, byte(1), `session:"other,was=another"`, byte(22))
	f.Add(`session:"type=Context"`, "Type", `session:"type,default=0.1"`, byte(3), `cookie:"level,open,default=200,partitioned"`, byte(12))
	f.Add(`session:""`, "Value", `session:"value,default=1d12h"`, byte(9), `cookie:"month,signed,default=3,samesite=none"`, byte(25))
	typeIndex := func(name string) byte { return byte(slices.Index(fuzzedTypes, name)) }
	f.Add(`session:""`, "Account", `session:"account,json"`, typeIndex("*Account"), `cookie:"account,encrypted,secret"`, typeIndex("[]*Account"))
	f.Add(`session:""`, "ID", `session:"id,principal"`, typeIndex("UUID"), `cookie:"addr,signed=true"`, typeIndex("netip.Addr"))
	f.Add(`session:""`, "Tree", `session:",was=a b"`, typeIndex("Tree"), `session:"json,json"`, typeIndex("map[string]any"))
	f.Fuzz(func(t *testing.T, blank, name, tag string, typ byte, otherTag string, otherType byte) {
		if !token.IsIdentifier(name) || !token.IsExported(name) {
			return // not a field that a schema can have
		}
		checkAccepted(t, fmt.Sprintf(fuzzed, strconv.Quote(blank),
			name, fuzzedTypes[int(typ)%len(fuzzedTypes)], strconv.Quote(tag),
			name, fuzzedTypes[int(otherType)%len(fuzzedTypes)], strconv.Quote(otherTag)))
	})
}

// TestAcceptedSchemasCompile is the same for options drawn at random, which
// are more often accepted than what a fuzzer makes of bytes.
func TestAcceptedSchemasCompile(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(from []string) string { return from[random.IntN(len(from))] }
	defaults := []string{"1", "2", "true", "blue", "light", "0.5", "1d", "2026-01-02T03:04:05Z", "'a,b'"}
	fieldTag := func() string {
		kind := "session"
		if random.IntN(2) == 0 {
			kind = "cookie"
		}
		var tag strings.Builder
		for range random.IntN(3) {
			option := draw(parse.Options(kind))
			tag.WriteString("," + option)
			switch option {
			case "default":
				tag.WriteString("=" + draw(defaults))
			case "path":
				tag.WriteString("=/a")
			case "domain":
				tag.WriteString("=example.com")
			case "max-age":
				tag.WriteString("=" + draw([]string{"1d", "90", "400d", "1h30m"}))
			case "samesite":
				tag.WriteString("=" + draw([]string{"strict", "lax", "none"}))
			case "was":
				tag.WriteString("=earlier")
			}
		}
		return fmt.Sprintf("%s:%q", kind, tag.String())
	}
	blanks := []string{`session:""`, `session:"idle=1d,lifetime=2w"`, `cookie:"id,path=/x"`, `session:"-"`, `session:"-,type=Guest"`, `session:"type=Context"`}
	names := []string{"Value", "UserID", "Codec", "Schema", "Type", "R", "Session", "String", "Size"}
	accepted := 0
	for range 2000 {
		accepted += checkAccepted(t, fmt.Sprintf(fuzzed, strconv.Quote(draw(blanks)),
			draw(names), draw(fuzzedTypes), strconv.Quote(fieldTag()),
			draw(names), draw(fuzzedTypes), strconv.Quote(fieldTag())))
	}
	if accepted < 150 {
		t.Errorf("only %d of 2000 schemas were accepted", accepted)
	}
	t.Logf("%d of 2000 schemas were accepted", accepted)
}

// TestEveryTypeCompiles keeps each type in a session, and in a cookie.
func TestEveryTypeCompiles(t *testing.T) {
	refused := []string{
		"func()", "chan int", "any", "map[string]any", "error", "interface{ M() }", "*any", "**int", "[0]int", "runtime.Unknown",
		"map[*int]int", "map[[2]int]int",
	}
	for _, typ := range fuzzedTypes {
		schema := fmt.Sprintf(fuzzed, `"session:\"\""`, "Value", typ, "`session:\"\"`", "Value", typ, "`cookie:\",encrypted\"`")
		if accepted := checkAccepted(t, schema) == 1; accepted == slices.Contains(refused, typ) {
			t.Errorf("%s: accepted is %t", typ, accepted)
		}
	}
}

// checkAccepted generates code for a schema. It returns 1 if the schema was
// accepted, else 0.
func checkAccepted(t *testing.T, schema string) int {
	t.Helper()
	src := loadtest.Check(t, map[string]string{"visitor.go": schema})
	pkg, errs := parse.Package(src, nil)
	for _, err := range errs {
		if err.Position.Line < 5 || err.Position.Line > 9 {
			t.Fatalf("error outside of the schema: %v\n%s", err, schema)
		}
	}
	if len(errs) > 0 || len(pkg.Schemas) == 0 {
		return 0
	}
	content, err := emit.File(pkg)
	if err != nil {
		t.Fatalf("%v\n%s", err, schema)
	}
	result := loadtest.Check(t, map[string]string{"visitor.go": schema, DefaultOutput: string(content)})
	if len(result.TypeErrors) > 0 {
		t.Fatalf("%s\n%v\n%s", schema, result.TypeErrors, content)
	}
	checkMethods(t, result, pkg.Schemas[0])
	return 1
}

// checkMethods wants the session type to have the methods that parse looked for
// collisions in, and no others.
func checkMethods(t *testing.T, src *load.Source, s *model.Schema) {
	t.Helper()
	want := slices.Clone(model.SessionMethods())
	wantManager := slices.Clone(model.ManagerMethods())
	for _, f := range s.Fields {
		want = append(want, f.Methods()...)
		wantManager = append(wantManager, f.ManagerMethods()...)
	}
	for _, c := range s.Cookies {
		want = append(want, model.Accessors(c.Name)...)
		wantManager = append(wantManager, model.CookieMethod(c.Name))
	}
	for name, want := range map[string][]string{s.TypeName: want, s.ManagerName(): wantManager} {
		var undeclared []string
		methods := types.NewMethodSet(types.NewPointer(src.Types.Scope().Lookup(name).Type()))
		for method := range methods.Methods() {
			if name := method.Obj().Name(); !slices.Contains(want, name) {
				undeclared = append(undeclared, name)
			}
		}
		if len(undeclared) > 0 {
			t.Errorf("%s has methods %s, which collisions are not looked for in", name, strings.Join(undeclared, ", "))
		}
		for _, method := range want {
			if methods.Lookup(nil, method) == nil && !s.Stateless && method != "RevokeOthers" && method != "AuthenticatedWithin" {
				t.Errorf("%s has no method %s, though its name is taken", name, method)
			}
		}
	}
}
