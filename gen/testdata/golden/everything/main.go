package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/sample"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
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
			fmt.Println("event:", e)
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
}
