package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

func TestChangesInPlaceAreSaved(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(v *shop.Visitor)
		want   string
		calls  string
	}{
		{"nothing", func(v *shop.Visitor) { v.Cart(); v.Prefs(); v.Avatar() }, "[{tea 1}] map[x:1] [1 2]", "load"},
		{"an element", func(v *shop.Visitor) { v.Cart()[0].Count++ }, "[{tea 2}] map[x:1] [1 2]", "load update"},
		{"an entry", func(v *shop.Visitor) { v.Prefs()["y"] = 2 }, "[{tea 1}] map[x:1 y:2] [1 2]", "load update"},
		{"a byte", func(v *shop.Visitor) { v.Avatar()[0] = 9 }, "[{tea 1}] map[x:1] [9 2]", "load update"},
		{"the last entry", func(v *shop.Visitor) {
			delete(v.Prefs(), "x")
			testsite.Equal(t, v.HasPrefs(), false, "has prefs")
		}, "[{tea 1}] map[] [1 2]", "load update"},
		{"and back", func(v *shop.Visitor) { v.Cart()[0].Count++; v.Cart()[0].Count-- }, "[{tea 1}] map[x:1] [1 2]", "load"},
		{"before an append", func(v *shop.Visitor) {
			v.Cart()[0].Count++
			v.AppendCart(shop.Item{SKU: "mug"})
		}, "[{tea 2} {mug 0}] map[x:1] [1 2]", "load update"},
		{"after an append", func(v *shop.Visitor) {
			v.AppendCart(shop.Item{SKU: "mug"})
			v.Cart()[1].Count++
		}, "[{tea 1} {mug 1}] map[x:1] [1 2]", "load update"},
		{"read, append, change", func(v *shop.Visitor) {
			v.Cart()
			v.AppendCart(shop.Item{SKU: "mug"})
			v.Cart()[0].Count = 5
		}, "[{tea 5} {mug 0}] map[x:1] [1 2]", "load update"},
		{"after a set", func(v *shop.Visitor) {
			v.SetCart([]shop.Item{{SKU: "mug"}})
			v.Cart()[0].Count = 5
		}, "[{mug 5}] map[x:1] [1 2]", "load update"},
		{"through what was put", func(v *shop.Visitor) {
			v.PutPrefs("y", 1)
			v.Prefs()["y"]++
		}, "[{tea 1}] map[x:1 y:2] [1 2]", "load update"},
		{"a held slice after an append", func(v *shop.Visitor) {
			held := v.Cart()
			v.AppendCart(shop.Item{SKU: "mug"})
			held[0].Count = 7 // no longer the session's
		}, "[{tea 1} {mug 0}] map[x:1] [1 2]", "load update"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) {
				v.SetCart([]shop.Item{{SKU: "tea", Count: 1}})
				v.SetPrefs(map[string]int{"x": 1})
				v.SetAvatar([]byte{1, 2})
			})
			s.Store.Took()
			b.Visit(c.change)
			testsite.Equal(t, s.Store.Took(), c.calls, "store calls")
			got := testsite.See(b, func(v *shop.Visitor) string { return fmt.Sprint(v.Cart(), v.Prefs(), v.Avatar()) })
			testsite.Equal(t, got, c.want, "in the end")
		})
	}
}

func TestChangeInPlaceAfterACommit(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetCart([]shop.Item{{SKU: "tea", Count: 1}}) })
	b.Visit(func(v *shop.Visitor) {
		cart := v.Cart()
		cart[0].Count = 2
		if err := v.Commit(t.Context()); err != nil {
			t.Error(err)
		}
		cart[0].Count = 3
	})
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) int { return v.Cart()[0].Count }), 3, "count")
}

func TestChangeInPlaceAfterASlowCommit(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetCart([]shop.Item{{SKU: "tea", Count: 1}}) })
	b.Visit(func(v *shop.Visitor) {
		cart := v.Cart()
		v.AddVisits(1)
		s.Clock.Advance(2 * time.Second) // nobody else changes anything meanwhile
		if err := v.Commit(t.Context()); err != nil {
			t.Error(err)
		}
		cart[0].Count = 3
	})
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) int { return v.Cart()[0].Count }), 3, "count")
}

// Another program writes the same value in another way: that is no change.
func TestForeignEncodingIsNoChangeInPlace(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	s.Rewrite(b, func(data string) string {
		// The cart's only item with a count of zero written out, which we leave out.
		item := wire.AppendInt(wire.AppendString(nil, wire.FieldNumber("sku"), "tea"), wire.FieldNumber("count"), 0)
		return data + string(append(wire.AppendMessage(nil, wire.FieldNumber("cart"), len(item)), item...))
	})
	s.Store.Took()
	b.Visit(func(v *shop.Visitor) { testsite.Equal(t, fmt.Sprint(v.Cart()), "[{tea 0}]", "cart") })
	testsite.Equal(t, s.Store.Took(), "load", "store calls of a read")
	b.Visit(func(v *shop.Visitor) { v.Cart()[0].Count = 1 })
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) int { return v.Cart()[0].Count }), 1, "count")
}

func TestAppendDoesNotWriteBehindTheCallersSlice(t *testing.T) {
	s := testsite.New(t)
	shared := make([]shop.Item, 1, 4)
	s.Browser().Visit(func(v *shop.Visitor) {
		v.SetCart(shared)
		v.AppendCart(shop.Item{SKU: "of one visitor"})
	})
	testsite.Equal(t, shared[:2][1], shop.Item{}, "what is behind the slice that was set")
}

func TestPutDoesNotChangeTheCallersMap(t *testing.T) {
	s := testsite.New(t)
	defaults := map[string]int{"size": 1}
	s.Browser().Visit(func(v *shop.Visitor) {
		v.SetPrefs(defaults)
		v.PutPrefs("of one visitor", 1)
	})
	testsite.Equal(t, len(defaults), 1, "entries of a map that all visitors begin with")
}

func TestEmptyCollectionIsUnsetAtOnce(t *testing.T) {
	s := testsite.New(t)
	s.Browser().Visit(func(v *shop.Visitor) {
		v.SetCart([]shop.Item{})
		testsite.Equal(t, v.HasCart(), false, "an empty slice")
		v.PutPrefs("x", 1)
		v.RemovePrefs("x")
		testsite.Equal(t, v.HasPrefs(), false, "a map whose last entry was removed")
	})
}
