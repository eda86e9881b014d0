package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/sample"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// counted is a store that counts what is written.
type counted struct {
	*memstore.Store
	writes int
}

func (s *counted) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	s.writes++
	return s.Store.Create(ctx, id, rec, ttl)
}

func (s *counted) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	s.writes++
	return s.Store.Update(ctx, id, old, rec, ttl)
}

func main() {
	store := &counted{Store: memstore.New()}
	manager := browser.Must(NewEverythingManager(store, runtime.WithEvents(func(_ context.Context, e runtime.Event) {
		if e.Err != nil {
			fmt.Println("event:", e.Kind, e.Field, e.Err)
		}
	})))
	var b browser.Browser
	visit := func(handle func(v *Everything)) {
		b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) { handle(EverythingFrom(r.Context())) })
	}
	const rounds = 40
	same := map[string]int{}
	var names []string
	for round := range rounds {
		var values everything
		sample.NewSource(uint64(round)).Fill(&values)
		visit(func(v *Everything) { sample.Set(v, values) })
		before := store.writes
		visit(func(v *Everything) {
			names = sample.Compare(v, values)
			for _, name := range names {
				same[name]++
			}
			sample.CheckHas(v, values)
		})
		if store.writes != before {
			fmt.Println("what was read was written again")
		}
	}
	for _, name := range names {
		if same[name] == rounds {
			fmt.Println(name, "came back each time")
		}
	}
	visit(func(v *Everything) { sample.Clear(v, everything{}) })
	visit(func(v *Everything) { fmt.Println(len(sample.Compare(v, everything{})), "fields are zero again") })
	visit(func(v *Everything) {
		v.SetPColor(new(Color))
		v.SetPHash(new([4]byte))
		v.SetPStrings(new([]string))
		v.SetPMap(&map[string]int{})
		v.SetSPPoint([]*Point{nil, {X: 1}, nil})
		v.SetMPStrings(map[string]*[]string{"a": nil, "b": {}})
	})
	visit(func(v *Everything) {
		fmt.Println("behind pointers:", *v.PColor() == "", *v.PHash(), len(*v.PStrings()), len(*v.PMap()))
		fmt.Println("nil keeps its place:", v.SPPoint()[0], v.SPPoint()[1].X, v.SPPoint()[2], v.MPStrings()["a"], len(*v.MPStrings()["b"]))
		fmt.Println("absent:", v.PInt(), v.HasPInt(), v.PPoint(), v.HasPPoint())
		text := fmt.Sprint(v)
		fmt.Println("printed:", text[strings.Index(text, "p_color"):][:10])
	})

	// What another program may have written: an array with too few or too many
	// elements is no array, and other fields do not care.
	var id runtime.ID
	visit(func(v *Everything) { sample.Clear(v, everything{}) })
	visit(func(v *Everything) { id = v.Info().ID })
	ctx := context.Background()
	rec := browser.Must(store.Load(ctx, id))
	old := rec.Rev
	rec.Rev[0]++
	rec.Data += foreign()
	if err := store.Update(ctx, id, old, rec, runtime.TTL{Idle: rec.Idle}); err != nil {
		fmt.Println(err)
	}
	visit(func(v *Everything) {
		fmt.Println("too few:", v.AColor(), v.AInt(), v.Hash(), v.Matrix(), *v.PArray(), v.HasPInts())
		fmt.Println("too many:", v.AHash(), v.Behind() == nil)
		fmt.Println("enough:", v.AHalf(), v.Inside().AColor, v.Inside().AInt)
		fmt.Println("the last counts:", *v.PInt(), v.Settings().Extra, v.Point().X, v.Point().Y)
	})
}

// foreign is a record's fields as another program may write them.
func foreign() string {
	var b []byte
	number := wire.FieldNumber
	entry := func(key string, parts ...[]byte) {
		content := slices.Concat(parts...)
		b = append(wire.AppendMessage(b, number(key), len(content)), content...)
	}
	b = wire.AppendString(b, number("a_color"), "one")
	b = wire.AppendInts(b, number("a_int"), []int{1})
	b = wire.AppendString(b, number("hash"), "abc")
	entry("matrix", wire.AppendFloat64s(nil, 1, []float64{1, 2, 3}))
	entry("matrix", wire.AppendFloat64s(nil, 1, []float64{1, 2}))
	entry("p_array", wire.AppendString(nil, 1, "a"), wire.AppendString(nil, 1, "b"))
	entry("p_ints")
	for range 3 {
		b = wire.AppendString(b, number("a_hash"), "abcd")
	}
	entry("behind", wire.AppendInts(nil, number("a_int"), []int{1, 2, 3}))
	entry("inside", wire.AppendInt(nil, number("a_int"), 1), wire.AppendString(nil, number("a_color"), "a"),
		wire.AppendInt(nil, number("a_int"), 2), wire.AppendString(nil, number("a_color"), "b"))
	b = wire.AppendFloat32(b, number("a_half"), 1)
	b = wire.AppendFloat32s(b, number("a_half"), []float32{2})
	b = wire.AppendInt(b, number("p_int"), 1)
	b = wire.AppendInt(b, number("p_int"), 2)
	b = wire.AppendString(b, number("settings"), `{"Extra":{"old":1}}`)
	b = wire.AppendString(b, number("settings"), `{"Extra":{"new":1}}`)
	entry("point", wire.AppendFloat64(nil, number("x"), 1))
	entry("point", wire.AppendFloat64(nil, number("y"), 2))
	return string(b)
}
