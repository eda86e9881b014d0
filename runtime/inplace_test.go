package runtime_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
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
			equal(t, v.HasPrefs(), false, "has prefs")
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
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) {
				v.SetCart([]shop.Item{{SKU: "tea", Count: 1}})
				v.SetPrefs(map[string]int{"x": 1})
				v.SetAvatar([]byte{1, 2})
			})
			s.store.took()
			b.visit(c.change)
			equal(t, s.store.took(), c.calls, "store calls")
			got := see(b, func(v *shop.Visitor) string { return fmt.Sprint(v.Cart(), v.Prefs(), v.Avatar()) })
			equal(t, got, c.want, "in the end")
		})
	}
}

func TestChangeInPlaceAfterACommit(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetCart([]shop.Item{{SKU: "tea", Count: 1}}) })
	b.visit(func(v *shop.Visitor) {
		cart := v.Cart()
		cart[0].Count = 2
		if err := v.Commit(t.Context()); err != nil {
			t.Error(err)
		}
		cart[0].Count = 3
	})
	equal(t, see(b, func(v *shop.Visitor) int { return v.Cart()[0].Count }), 3, "count")
}

// Another program writes the same value in another way: that is no change.
func TestForeignEncodingIsNoChangeInPlace(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	s.rewrite(b, func(data string) string {
		// The cart's only item with a count of zero written out, which we leave out.
		item := runtime.AppendInt(runtime.AppendString(nil, runtime.FieldNumber("sku"), "tea"), runtime.FieldNumber("count"), 0)
		return data + string(append(runtime.AppendMessage(nil, runtime.FieldNumber("cart"), len(item)), item...))
	})
	s.store.took()
	b.visit(func(v *shop.Visitor) { equal(t, fmt.Sprint(v.Cart()), "[{tea 0}]", "cart") })
	equal(t, s.store.took(), "load", "store calls of a read")
	b.visit(func(v *shop.Visitor) { v.Cart()[0].Count = 1 })
	equal(t, see(b, func(v *shop.Visitor) int { return v.Cart()[0].Count }), 1, "count")
}

// rewrite changes the bytes of a record behind the session's back.
func (s *site) rewrite(b *browser, change func(data string) string) {
	s.t.Helper()
	id := see(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID })
	rec, err := s.store.Store.Load(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	old := rec.Rev
	rec.Rev[0]++
	rec.Data = change(rec.Data)
	if err := s.store.Store.Update(s.t.Context(), id, old, rec, runtime.TTL{Idle: time.Hour / 2}); err != nil {
		s.t.Fatal(err)
	}
}

func TestUnknownFieldsAreKept(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1); v.SetUserID(7) })
	unknown := string(runtime.AppendString(runtime.AppendInt(nil, 16, 5), 200_000, "of another program")) +
		string(runtime.AppendUint(nil, 14, 3)) // of a later runtime
	s.rewrite(b, func(data string) string { return data + unknown })
	b.visit(func(v *shop.Visitor) { v.AddVisits(1); v.SetUsername("x") })
	equal(t, see(b, (*shop.Visitor).Visits), 2, "visits")
	s.rewrite(b, func(data string) string {
		for _, field := range []string{string(runtime.AppendInt(nil, 16, 5)), string(runtime.AppendString(nil, 200_000, "of another program")), string(runtime.AppendUint(nil, 14, 3))} {
			if !contains(data, field) {
				t.Errorf("field %q is gone", field)
			}
		}
		return data
	})
	b.visit(func(v *shop.Visitor) { v.SetUserID(8) })
	s.rewrite(b, func(data string) string {
		if contains(data, "of another program") {
			t.Error("an unknown field of the principal that was left is still there")
		}
		return data
	})
}

func TestOneBadFieldIsResetAlone(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUsername("x"); v.SetVisits(3) })
	bad := string(runtime.AppendString(nil, runtime.FieldNumber("last_seen"), "\xff"))
	s.rewrite(b, func(data string) string { return data + bad })
	b.visit(func(v *shop.Visitor) {
		equal(t, v.LastSeen().IsZero(), true, "the bad field has its default")
		equal(t, v.HasLastSeen(), false, "the bad field is unset")
		equal(t, v.Username(), "x", "another field")
		v.AddVisits(1)
	})
	equal(t, s.count(runtime.FieldReset), 1, "field reset events")
	s.rewrite(b, func(data string) string {
		if !contains(data, bad) {
			t.Error("what an older program might still read was thrown away")
		}
		return data
	})
	b.visit(func(v *shop.Visitor) { v.SetLastSeen(time.Unix(5, 0)) })
	equal(t, see(b, (*shop.Visitor).LastSeen), time.Unix(5, 0).UTC(), "set again")
}

func TestFieldsInAnotherOrder(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetCart([]shop.Item{{SKU: "a"}}); v.SetVisits(3) })
	s.rewrite(b, func(data string) string {
		item := string(runtime.AppendString(nil, runtime.FieldNumber("sku"), "b"))
		return data + string(runtime.AppendString(nil, runtime.FieldNumber("cart"), item))
	})
	equal(t, see(b, func(v *shop.Visitor) string { return fmt.Sprint(v.Cart(), v.Visits()) }), "[{a 0} {b 0}] 3", "fields")
	b.visit(func(v *shop.Visitor) { v.AppendCart(shop.Item{SKU: "c"}) })
	equal(t, see(b, func(v *shop.Visitor) string { return fmt.Sprint(v.Cart(), v.Visits()) }), "[{a 0} {b 0} {c 0}] 3", "fields")
}

func TestRecordThatIsNoneIsNobody(t *testing.T) {
	s := newSite(t)
	for _, junk := range []string{"", "\x07", "junk", "\x0a\x03abc", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.rewrite(b, func(string) string { return junk })
		b.visit(func(v *shop.Visitor) { equal(t, v.UserID(), 0, "user") })
	}
	equal(t, s.count(runtime.RecordRefused), 5, "refused events")
}
