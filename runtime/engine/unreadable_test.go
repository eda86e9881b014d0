package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// unreadable are fields of the shop as a program writes them for which they have another type.
var unreadable = map[string]string{
	"visits": string(wire.AppendString(nil, wire.FieldNumber("visits"), "a thousand")),
	"cart":   string(wire.AppendInt(nil, wire.FieldNumber("cart"), 5)),
	"prefs":  string(wire.AppendInt(nil, wire.FieldNumber("prefs"), 5)),
	"notice": string(wire.AppendInt(nil, wire.FieldNumber("notice"), 5)),
}

// A field that cannot be read keeps its bytes, whatever is done to it but Set and Clear. The page
// goes on, and so do changes of other fields.
func TestR10_AnUnreadableFieldKeepsItsBytes(t *testing.T) {
	for name, c := range map[string]struct {
		key    string
		change func(v *shop.Visitor)
	}{
		"Add":                {"visits", func(v *shop.Visitor) { v.AddVisits(1); v.AddVisits(1) }},
		"Update":             {"visits", func(v *shop.Visitor) { v.UpdateVisits(func(n int) int { return n + 1 }) }},
		"Append":             {"cart", func(v *shop.Visitor) { v.AppendCart(shop.Item{SKU: "mug"}); v.AppendCart(shop.Item{}) }},
		"Append after a get": {"cart", func(v *shop.Visitor) { v.Cart(); v.AppendCart(shop.Item{SKU: "mug"}) }},
		"Put":                {"prefs", func(v *shop.Visitor) { v.PutPrefs("x", 1) }},
		"Remove":             {"prefs", func(v *shop.Visitor) { v.RemovePrefs("x") }},
		"in place":           {"prefs", func(v *shop.Visitor) { v.Prefs()["x"] = 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUsername("ann") })
			s.Rewrite(b, func(data string) string { return data + unreadable[c.key] })
			response := b.Visit(func(v *shop.Visitor) {
				c.change(v)
				v.SetUsername("ben")
				if err := v.Commit(t.Context()); !errors.Is(err, runtime.ErrUnreadable) {
					t.Errorf("Commit: %v", err)
				}
				testsite.Equal(t, fmt.Sprint(v.Visits(), v.HasVisits(), v.HasCart(), v.HasPrefs()), "0 false false false", "fields")
				if err := v.Commit(t.Context()); err != nil {
					t.Errorf("Commit, when nothing was dropped since: %v", err)
				}
			})
			testsite.Equal(t, response.StatusCode, 200, "status")
			testsite.Equal(t, s.Count(runtime.EventFieldReset), 1, "events of the field")
			testsite.Equal(t, s.Count(runtime.EventDropped), 1, "events of what was dropped")
			for _, e := range s.Events {
				if e.Kind == runtime.EventDropped {
					testsite.Equal(t, e.Field, c.key, "field of the event")
				}
			}
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Username), "ben", "another field")
			s.Rewrite(b, func(data string) string {
				testsite.Equal(t, fieldIn(data, c.key), unreadable[c.key], "bytes")
				return data
			})
		})
	}
}

// Set and Clear replace a field that cannot be read, and so does leaving a principal.
func TestAnUnreadableFieldIsReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		change func(v *shop.Visitor)
		want   string
	}{
		"Set":             {func(v *shop.Visitor) { v.SetVisits(3) }, string(wire.AppendInt(nil, wire.FieldNumber("visits"), 3))},
		"Set after a get": {func(v *shop.Visitor) { v.Visits(); v.SetVisits(3); v.AddVisits(1) }, string(wire.AppendInt(nil, wire.FieldNumber("visits"), 4))},
		"Clear":           {func(v *shop.Visitor) { v.ClearVisits() }, ""},
		"sign out":        {func(v *shop.Visitor) { v.Visits(); v.ClearUserID(); v.AddVisits(2) }, string(wire.AppendInt(nil, wire.FieldNumber("visits"), 2))},
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTeam("red") })
			s.Rewrite(b, func(data string) string { return data + unreadable["visits"] })
			b.Visit(c.change)
			testsite.Equal(t, s.Count(runtime.EventDropped), 0, "events of what was dropped")
			s.Rewrite(b, func(data string) string {
				testsite.Equal(t, fieldIn(data, "visits"), c.want, "bytes")
				return data
			})
		})
	}
}

// Take shows nothing of a flash that it cannot read, and leaves it to who can.
func TestAnUnreadableFlashStays(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	s.Rewrite(b, func(data string) string { return data + unreadable["notice"] })
	b.Visit(func(v *shop.Visitor) {
		_, found := v.TakeNotice()
		testsite.Equal(t, found, false, "found")
		v.AddVisits(1)
	})
	s.Rewrite(b, func(data string) string {
		testsite.Equal(t, fieldIn(data, "notice"), unreadable["notice"], "bytes")
		return data
	})
}

// The newest record may have a field that cannot be read, where the one that was loaded had not. No
// change of it is made later either, for an event has said that it was dropped.
func TestR10_AReplayOnAnUnreadableField(t *testing.T) {
	for name, c := range map[string]struct {
		key    string
		change func(v *shop.Visitor)
	}{
		"Add":    {"visits", func(v *shop.Visitor) { v.AddVisits(1) }},
		"Update": {"visits", func(v *shop.Visitor) { v.UpdateVisits(func(n int) int { return n + 1 }) }},
		"Append": {"cart", func(v *shop.Visitor) { v.AppendCart(shop.Item{SKU: "mug"}) }},
		"Put":    {"prefs", func(v *shop.Visitor) { v.PutPrefs("x", 1) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUsername("ann") })
			readable := ""
			b.Visit(func(v *shop.Visitor) {
				c.change(v)
				v.SetUsername("ben")
				s.Rewrite(b, func(data string) string { return withField(data, c.key, unreadable[c.key]) })
				if err := v.Reload(t.Context()); err != nil {
					t.Errorf("Reload: %v", err)
				}
				testsite.Equal(t, s.Count(runtime.EventDropped), 1, "events of what was dropped")
				s.Rewrite(b, func(data string) string { return withField(data, c.key, readable) })
			})
			testsite.Equal(t, s.Count(runtime.EventDropped), 1, "events of what was dropped, in the end")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Username), "ben", "another field")
			s.Rewrite(b, func(data string) string {
				testsite.Equal(t, fieldIn(data, c.key), readable, "bytes")
				return data
			})
		})
	}
}

// A conflict at commit drops the change of the field alone.
func TestAConflictWithAnUnreadableField(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	b.Visit(func(v *shop.Visitor) {
		v.AddVisits(1)
		v.AppendCart(shop.Item{SKU: "mug"})
		s.Rewrite(b, func(data string) string { return withField(data, "visits", unreadable["visits"]) })
		if err := v.Commit(t.Context()); !errors.Is(err, runtime.ErrUnreadable) {
			t.Errorf("Commit: %v", err)
		}
	})
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) string { return fmt.Sprint(v.Cart()) }), "[{mug 0}]", "cart")
	s.Rewrite(b, func(data string) string {
		testsite.Equal(t, fieldIn(data, "visits"), unreadable["visits"], "bytes")
		return data
	})
}

// privileges are the fields that decide what a visitor may do, as this program cannot read them.
var privileges = map[string]string{
	"user_id": string(wire.AppendString(nil, wire.FieldNumber("user_id"), "ann")),
	"role":    string(wire.AppendInt(nil, wire.FieldNumber("role"), 1)),
}

// A session whose principal or renew field cannot be read is refused: the page is that of an anonymous
// visitor, and the session stays for a program that can read it.
func TestASessionWithUnreadablePrivilegesIsRefused(t *testing.T) {
	for key, field := range privileges {
		t.Run(key, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("admin"); v.SetUsername("ann") })
			id := testsite.IDOf(b)
			s.RewriteRecord(id, func(data string) string { return withField(data, key, field) })
			response := b.Visit(func(v *shop.Visitor) {
				testsite.Equal(t, fmt.Sprintf("%v %q %q %v", v.HasUserID(), v.Role(), v.Username(), v.Info().New), `false "guest" "" true`, "what it sees")
			})
			testsite.Equal(t, response.StatusCode, 200, "status")
			testsite.Equal(t, s.Count(runtime.EventRecordRefused), 1, "refused events")
			s.RewriteRecord(id, func(data string) string {
				testsite.Equal(t, fieldIn(data, key), field, "bytes")
				return data
			})
		})
	}
}

// Nor does a request that has loaded the session before go on with it.
func TestPrivilegesBecomeUnreadable(t *testing.T) {
	for key, field := range privileges {
		for _, how := range []string{"commit", "reload"} {
			t.Run(key+" "+how, func(t *testing.T) {
				s := testsite.New(t)
				b := s.Browser()
				b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("admin"); v.SetVisits(1) })
				id := testsite.IDOf(b)
				b.Visit(func(v *shop.Visitor) {
					v.AddVisits(1)
					s.RewriteRecord(id, func(data string) string { return withField(data, key, field) })
					err := error(nil)
					if how == "reload" {
						err = v.Reload(t.Context())
					} else {
						err = v.Commit(t.Context())
					}
					if !errors.Is(err, runtime.ErrEnded) {
						t.Errorf("%s: %v", how, err)
					}
					testsite.Equal(t, v.HasUserID(), false, "a user is signed in")
				})
				s.RewriteRecord(id, func(data string) string {
					testsite.Equal(t, fieldIn(data, "visits"), string(wire.AppendInt(nil, wire.FieldNumber("visits"), 1)), "visits")
					return data
				})
			})
		}
	}
}

// A slow handler looks at the newest record before it writes, and that can be all that it does.
func TestNothingIsLeftOfAChangeAfterASlowHandler(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	response := b.Visit(func(v *shop.Visitor) {
		v.AddVisits(1)
		s.Rewrite(b, func(data string) string { return withField(data, "visits", unreadable["visits"]) })
		s.Clock.Advance(2 * time.Second)
	})
	testsite.Equal(t, response.StatusCode, 200, "status")
	testsite.Equal(t, s.Count(runtime.EventDropped), 1, "events of what was dropped")
}
