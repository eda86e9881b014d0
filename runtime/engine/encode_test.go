package engine_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

func TestR10_UnknownFieldsAreKept(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1); v.SetUserID(7) })
	unknown := string(wire.AppendString(wire.AppendInt(nil, 16, 5), 200_000, "of another program")) +
		string(wire.AppendUint(nil, 15, 3)) // of a later runtime
	s.Rewrite(b, func(data string) string { return data + unknown })
	b.Visit(func(v *shop.Visitor) { v.AddVisits(1); v.SetUsername("x") })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 2, "visits")
	s.Rewrite(b, func(data string) string {
		for _, field := range []string{string(wire.AppendInt(nil, 16, 5)), string(wire.AppendString(nil, 200_000, "of another program")), string(wire.AppendUint(nil, 15, 3))} {
			if !testsite.Contains(data, field) {
				t.Errorf("field %q is gone", field)
			}
		}
		return data
	})
	b.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	s.Rewrite(b, func(data string) string {
		if testsite.Contains(data, "of another program") {
			t.Error("an unknown field of the principal that was left is still there")
		}
		return data
	})
}

// Unknown fields are kept wherever they stand among ours.
func TestR10_UnknownFieldsBehindAllOthersAreKept(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetLastSeen(s.Clock.Now()) })
	last := string(wire.AppendString(nil, 1<<18, "of another program"))
	s.Rewrite(b, func(data string) string { return data + last })
	b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	s.Rewrite(b, func(data string) string {
		testsite.Equal(t, strings.HasSuffix(data, last), true, "still there")
		return data
	})
}

func TestR10_TermsOfAnotherProgramAreKept(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetTeam("red"); v.SetVisits(1) })
	old := testsite.NewMini(t, s, testsite.MiniSchema(testsite.SessionCookie, nil)) // knows no team
	w := httptest.NewRecorder()
	old.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := testsite.MiniFrom(r)
		engine.Set(&m.Session, testsite.MiniUser, &m.User, 7)
	})).ServeHTTP(w, b.Request("GET"))
	b.Keep(w.Result())
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Team), "red", "team")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
	infos, err := s.Visitors.ListByTeam(t.Context(), "red")
	if err != nil || len(infos) != 1 {
		t.Errorf("listed by team: %v, %v", infos, err)
	}
}

func TestOneBadFieldIsResetAlone(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUsername("x"); v.SetVisits(3) })
	bad := string(wire.AppendString(nil, wire.FieldNumber("last_seen"), "\xff"))
	s.Rewrite(b, func(data string) string { return data + bad })
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.LastSeen().IsZero(), true, "the bad field has its default")
		testsite.Equal(t, v.HasLastSeen(), false, "the bad field is unset")
		testsite.Equal(t, v.Username(), "x", "another field")
		v.AddVisits(1)
	})
	testsite.Equal(t, s.Count(runtime.EventFieldReset), 1, "field reset events")
	s.Rewrite(b, func(data string) string {
		if !testsite.Contains(data, bad) {
			t.Error("what an older program might still read was thrown away")
		}
		return data
	})
	b.Visit(func(v *shop.Visitor) { v.SetLastSeen(time.Unix(5, 0)) })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).LastSeen), time.Unix(5, 0).UTC(), "set again")
}

func TestFieldsInAnotherOrder(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetCart([]shop.Item{{SKU: "a"}}); v.SetVisits(3) })
	s.Rewrite(b, func(data string) string {
		item := string(wire.AppendString(nil, wire.FieldNumber("sku"), "b"))
		return data + string(wire.AppendString(nil, wire.FieldNumber("cart"), item))
	})
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) string { return fmt.Sprint(v.Cart(), v.Visits()) }), "[{a 0} {b 0}] 3", "fields")
	b.Visit(func(v *shop.Visitor) { v.AppendCart(shop.Item{SKU: "c"}) })
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) string { return fmt.Sprint(v.Cart(), v.Visits()) }), "[{a 0} {b 0} {c 0}] 3", "fields")
}

func TestOwnFieldsBehindOthersAreRead(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(1) })
	want := testsite.See(b, (*shop.Visitor).Info)
	s.Rewrite(b, func(data string) string { // as a library that keeps unknown fields at the end
		keys := data[:2+16+2+32]
		own := data[2+16+2+32:]
		end := strings.Index(own, string(wire.AppendInt(nil, wire.FieldNumber("visits"), 1)))
		return keys + own[end:] + own[:end]
	})
	got := testsite.See(b, (*shop.Visitor).Info)
	testsite.Equal(t, got.Created, want.Created, "created")
	testsite.Equal(t, got.AuthenticatedAt, want.AuthenticatedAt, "authenticated")
}

func TestRecordThatIsNoneIsNobody(t *testing.T) {
	s := testsite.New(t)
	for _, junk := range []string{"", "\x07", "junk", "\x0a\x03abc", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.Rewrite(b, func(string) string { return junk })
		b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 0, "user") })
	}
	testsite.Equal(t, s.Count(runtime.EventRecordRefused), 5, "refused events")
}

func TestMapsAreWrittenInTheOrderOfTheirKeys(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetPrefs(map[string]int{"b=": 1, "c=": 1, "a=": 1}) })
	s.Rewrite(b, func(data string) string {
		a, b, c := strings.Index(data, "a="), strings.Index(data, "b="), strings.Index(data, "c=")
		testsite.Equal(t, a < b && b < c, true, "in order")
		return data
	})
}

// What a store is asked to list by is the same for every program with the same label, and for
// ever: SHA-256 of the label's part, the key, a zero byte, and the value as Protocol Buffers
// writes it.
func TestTerms(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTeam("red") })
	label := sha256.Sum256([]byte("\x10sessiongen terms\x00\x07visitor"))
	listed := func(term string) int {
		ids, _, err := s.Store.List(t.Context(), sha256.Sum256(append(label[:16:16], term...)), runtime.ID{}, 10)
		testsite.Equal(t, err, nil, "error")
		return len(ids)
	}
	testsite.Equal(t, listed("user_id\x00\x0e"), 1, "sessions of user 7")
	testsite.Equal(t, listed("team\x00\x03red"), 1, "sessions of the red team")
	b.Visit(func(v *shop.Visitor) { v.SetTeam("") })
	testsite.Equal(t, listed("team\x00\x03red"), 0, "sessions of a team that was left")
	id := testsite.See(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID })
	rec, err := s.Store.Store.Load(t.Context(), id)
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, len(rec.Terms), 1, "terms where the team is empty")
}

// A record is refused before it costs much: this field claims a million elements.
func TestFieldWithTooManyElementsIsReset(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	item := string(wire.AppendMessage(nil, wire.FieldNumber("cart"), 0))
	s.Rewrite(b, func(data string) string { return data + strings.Repeat(item, 1<<20+1) })
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, len(v.Cart()), 0, "items")
		testsite.Equal(t, v.Visits(), 1, "visits")
	})
	testsite.Equal(t, s.Count(runtime.EventFieldReset), 1, "field reset events")
}

// A length that leads out of its message is refused, also if the record is longer.
func TestLengthBeyondTheMessageIsRefused(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	cart := wire.FieldNumber("cart")
	item := wire.AppendString(nil, wire.FieldNumber("sku"), "tea")
	cut := append(wire.AppendMessage(nil, cart, len(item)-2), item[:len(item)-2]...)
	whole := append(wire.AppendMessage(nil, cart, len(item)), item...)
	s.Rewrite(b, func(data string) string { return data + string(cut) + string(whole) })
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) int { return len(v.Cart()) }), 0, "items")
	testsite.Equal(t, s.Count(runtime.EventFieldReset), 1, "field reset events")
}

func TestPanicInACodecDoesNotHang(t *testing.T) {
	for _, call := range []string{"consume", "append"} {
		t.Run(call, func(t *testing.T) {
			s := testsite.New(t)
			armed := false
			m := testsite.NewMini(t, s, testsite.MiniSchema("__Host-mini", func(c string, field int) {
				if armed && c == call && field == testsite.MiniNote {
					panic("in UnmarshalText")
				}
			}))
			b := s.Browser()
			visit := func(h func(m *testsite.Mini)) {
				w := httptest.NewRecorder()
				m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(testsite.MiniFrom(r)) })).ServeHTTP(w, b.Request("GET"))
				b.Keep(w.Result())
			}
			visit(func(m *testsite.Mini) { engine.Set(&m.Session, testsite.MiniNote, &m.Note, "x") })
			armed = true
			done := make(chan any, 1)
			go func() {
				defer func() { done <- recover() }()
				visit(func(m *testsite.Mini) {
					if call == "consume" {
						engine.Get(&m.Session, testsite.MiniNote, &m.Note)
					} else {
						engine.Live(&m.Session, testsite.MiniNote, &m.Note)
						m.Note = "y"
					}
				})
			}()
			select {
			case got := <-done:
				testsite.Equal(t, fmt.Sprint(got), "in UnmarshalText", "panic")
			case <-time.After(2 * time.Second):
				t.Fatal("the request hangs: the lock was never given back")
			}
		})
	}
}

// A program in another language may sign somebody out by writing that the user is 0.
// Fields have presence, so that is something else than no user: but it is nobody too.
func TestPrincipalOfZeroThatAnotherProgramWroteIsNobody(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	s.Rewrite(b, func(data string) string {
		return string(wire.AppendInt([]byte(data), wire.FieldNumber("user_id"), 0))
	})
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.Visits(), 1, "visits")
		testsite.Equal(t, v.HasUserID(), false, "somebody is signed in")
		if text := fmt.Sprint(v); strings.Contains(text, "user_id") {
			t.Errorf("a user is printed: %s", text)
		}
		v.SetUsername("x")
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), false, "somebody is signed in after a write")
}
