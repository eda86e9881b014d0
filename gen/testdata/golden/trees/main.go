package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/sample"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

var (
	store   = memstore.New()
	manager = browser.Must(NewForestManager(store, runtime.WithEvents(report)))
	b       browser.Browser
)

func report(_ context.Context, e runtime.Event) {
	if errors.Is(e.Err, wire.ErrEncoding) {
		fmt.Println("event:", e.Err)
	} else if e.Err != nil {
		fmt.Println("event:", e.Kind, e.Field, e.Err)
	}
}

func visit(handle func(v *Forest)) {
	b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) { handle(ForestFrom(r.Context())) })
}

func leaf(name string) *Node { return &Node{Name: name} }

func tree() *Node {
	return &Node{
		Name:     "root",
		Left:     &Node{Left: leaf("left")},
		Children: []*Node{nil, leaf("a"), nil, {Children: []*Node{leaf("b")}}},
		Inline:   []Node{{}, {Name: "c", Inline: []Node{{Name: "d"}}}},
		Named:    map[string]*Node{"": nil, "e": leaf("f")},
		Grouped:  map[string][]Node{"g": {{}, {Name: "h"}}, "none": nil},
		Pair:     [2]*Node{nil, leaf("i")},
		Rows:     [][]Node{nil, {{Name: "j"}, {}}},
		More:     &[]*Node{leaf("k"), nil},
	}
}

// chain is as long as it is deep.
func chain(length int) *Chain {
	var c *Chain
	for i := range length {
		c = &Chain{length - i, c}
	}
	return c
}

// dated has its only dates at the end.
func dated(length int) *Dated {
	d := &Dated{At: map[string]time.Time{"end": {}}}
	for range length - 1 {
		d = &Dated{Next: d}
	}
	return d
}

func main() {
	want := forest{
		Root:   tree(),
		Nodes:  []Node{*tree(), {}},
		ByName: map[string]*Node{"tree": tree(), "nil": nil},
		Chain:  chain(wire.MaxDepth),
		Dated:  dated(wire.MaxDepth - 2),
		Sum:    Tree[int]{1, []Tree[int]{{2, nil}, {3, []Tree[int]{{}}}}},
		Grove: Grove{
			Plot:  Plot{Tree: chain(wire.MaxDepth - 2)},
			Trees: [2]Tree[string]{{}, {"a", []Tree[string]{{"b", nil}}}},
			First: &Even{0, &Odd{map[int]*Even{1: {1, nil}, 2: nil}}},
		},
		Kept: Letter{Text: "text"},
	}
	visit(func(v *Forest) { sample.Set(v, want) })
	visit(func(v *Forest) { fmt.Println("the same:", sample.Compare(v, want)) })
	for seed := range uint64(20) {
		var drawn forest
		sample.NewSource(seed).Fill(&drawn)
		visit(func(v *Forest) { sample.Set(v, drawn) })
		visit(func(v *Forest) {
			sample.CheckHas(v, drawn)
			if same := sample.Compare(v, drawn); len(same) != 9 {
				fmt.Println("the same of", seed, "are only", same)
			}
		})
	}
	visit(func(v *Forest) { sample.Set(v, want) })

	tooDeep()
	visit(func(v *Forest) { fmt.Println("still the same:", sample.Compare(v, want)) })
	unknown()
}

// tooDeep sets what cannot be kept: the visitor gets an error page, and nothing
// that the request has changed is saved.
func tooDeep() {
	try := func(what string, set func(v *Forest)) {
		fmt.Println(what)
		visit(func(v *Forest) {
			v.SetCount(99)
			set(v)
		})
	}
	try("one link too long", func(v *Forest) { v.SetChain(chain(wire.MaxDepth + 1)) })
	try("one link too long in a struct", func(v *Forest) { v.SetGrove(Grove{Plot: Plot{chain(wire.MaxDepth - 1)}}) })
	try("a date too deep", func(v *Forest) { v.SetDated(dated(wire.MaxDepth - 1)) })
	try("a node that is its own left", func(v *Forest) {
		n := leaf("self")
		n.Left = n
		v.SetRoot(n)
	})
	try("a node that is among its children, made so in place", func(v *Forest) {
		v.Root().Children[0] = v.Root()
	})
	try("a node in its own map", func(v *Forest) {
		n := leaf("self")
		n.Grouped = map[string][]Node{"self": {*n}}
		n.Grouped["self"][0].Grouped = n.Grouped
		v.SetNodes([]Node{*n})
	})
	try("a node in its own map, in a map", func(v *Forest) {
		n := leaf("self")
		n.Named = map[string]*Node{"self": n}
		v.PutByName("self", n)
	})
	try("two that contain each other", func(v *Forest) {
		e := &Even{Odd: &Odd{map[int]*Even{}}}
		e.Odd.Even[1] = e
		v.SetGrove(Grove{First: e})
	})
}

// unknown writes what another version of the program may have, and wants it back
// after this one has written the same fields.
func unknown() {
	const future = 3
	letter := wire.AppendString(nil, wire.FieldNumber("text"), "text")
	letter = wire.AppendString(letter, future, "of the letter")
	attachment := wire.AppendString(nil, future, "of an attachment")
	for _, key := range []string{"inner", "others", "others", "optional"} {
		letter = wire.AppendString(letter, wire.FieldNumber(key), attachment)
	}
	letter = wire.AppendInt(letter, future+1, 1<<40)

	var id runtime.ID
	visit(func(v *Forest) { id = v.Info().ID })
	ctx := context.Background()
	rec := browser.Must(store.Load(ctx, id))
	old := rec.Rev
	rec.Rev[0]++
	rec.Data += string(wire.AppendString(nil, wire.FieldNumber("kept"), letter))
	if err := store.Update(ctx, id, old, rec, runtime.TTL{Idle: rec.Idle}); err != nil {
		fmt.Println(err)
	}
	visit(func(v *Forest) {
		v.UpdateKept(func(l Letter) Letter {
			l.Text = "written here"
			l.Others = append(slices.Clone(l.Others), Attachment{Name: "new"})
			return l
		})
	})
	rec = browser.Must(store.Load(ctx, id))
	fmt.Println("kept of the letter:", strings.Count(rec.Data, "of the letter"))
	fmt.Println("kept of the attachments:", strings.Count(rec.Data, "of an attachment"))
	fmt.Println("kept of the number:", strings.Contains(rec.Data, string(wire.AppendInt(nil, future+1, 1<<40))))
	visit(func(v *Forest) {
		l := v.Kept()
		fmt.Println(l.Text, len(l.Others), l.Others[2].Name, reflect.DeepEqual(l.Others[0], l.Inner))
	})
}
