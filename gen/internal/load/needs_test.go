package load

import (
	"fmt"
	"go/ast"
	"go/token"
	"testing"
)

// Only what a schema is made of is asked for.
func TestNeeds(t *testing.T) {
	fset := token.NewFileSet()
	file, err := parseWithoutBodies(fset, "shop.go", []byte(`package shop

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	big "math/big"
	"example.com/units"
	"gopkg.in/yaml.v3"
)

type visitor struct {
	_ struct{} `+"`session:\"\"`"+`

	From netip.Addr `+"`session:\"\"`"+`
	Sum  Sum        `+"`session:\"\"`"+`
	Node Node       `+"`session:\"\"`"+`
}

type Sum struct{ Amount big.Int; Units [units.Count]Unit }

type Unit int

const First Unit = Unit(time.Second)

type Node yaml.Node

func (Node) MarshalText() (b []byte, err error) { http.NotFound(nil, nil); return }

func home(ctx context.Context, w http.ResponseWriter) {}

const unused = http.StatusOK
`))
	if err != nil {
		t.Fatal(err)
	}
	got, found := needsOf([]*ast.File{file})
	want := "map[example.com/units:map[Count:true] gopkg.in/yaml.v3:map[Node:true] math/big:map[Int:true] net/netip:map[Addr:true] time:map[Second:true]]"
	if !found || fmt.Sprint(got) != want {
		t.Errorf("needed are\n%v, want\n%s", got, want)
	}
}

func TestImportable(t *testing.T) {
	for _, test := range []struct {
		from, path string
		want       bool
	}{
		{"a/b", "a/c", true},
		{"a/b", "a/internal/c", true},
		{"a", "a/internal", true},
		{"a/b", "a/c/internal/d", false},
		{"a/cc", "a/c/internal", false},
		{"a/c/x", "a/c/internal", true},
		{"a/b", "internal/abi", false},
		{"a/b", "a/internalized/c", true},
		{"a/internal/x", "a/internal/b/internal/c", false},
	} {
		if got := Importable(test.from, test.path); got != test.want {
			t.Errorf("%s imports %s: got %v", test.from, test.path, got)
		}
	}
}
