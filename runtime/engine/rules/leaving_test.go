package rules

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// canary is in every value that A has.
const canary = "canary"

// unknownField is of another program, which also has a flash in it and lists the session
// by a term of its own.
const unknownField = 200_000

var unknownTerm = runtime.Term{1, 2, 3}

// fillForA signs A in and leaves something of A in everything that a session holds.
func fillForA(t *testing.T, s *testsite.Site, b *testsite.Browser) {
	t.Helper()
	b.Visit(func(v *shop.Visitor) {
		v.SetUserID(1)
		v.SetRole(canary)
		v.SetTeam(canary)
		v.SetUsername(canary)
		v.SetPassword(canary)
		v.SetVisits(1000)
		v.SetCart([]shop.Item{{SKU: canary, Count: 1}})
		v.SetPrefs(map[string]int{canary: 1})
		v.SetAvatar([]byte(canary))
		v.SetNotice(canary)
		v.SetLastSeen(s.Clock.Now())
		v.Remember(true)
	})
	id, _ := testsite.TokenOf(t, b.Cookies[testsite.SessionCookie])
	rec, err := s.Store.Store.Load(t.Context(), id)
	testsite.Equal(t, err, nil, "error")
	old := rec.Rev
	rec.Rev = runtime.Rev{1}
	mark := append(binary.AppendUvarint(nil, unknownField), old[:]...)
	rec.Data += string(wire.AppendString(nil, ownFlash, string(mark))) +
		string(wire.AppendString(nil, unknownField, canary))
	rec.Terms = append([]runtime.Term{unknownTerm}, rec.Terms...)
	testsite.Equal(t, s.Store.Store.Update(t.Context(), id, old, rec, runtime.TTL{Idle: time.Hour / 2}), nil, "error")
}

// doings are what a request may do with the fields before, while and after it leaves A.
var doings = []struct {
	name string
	do   func(v *shop.Visitor)
}{
	{"nothing", func(*shop.Visitor) {}},
	{"read", func(v *shop.Visitor) { v.Username(); v.Cart(); v.Prefs(); v.Avatar(); v.Notice() }},
	{"edit in place", editInPlace},
	{"set", func(v *shop.Visitor) { v.SetUsername("own"); v.SetCart([]shop.Item{{SKU: "own"}}) }},
	{"change", func(v *shop.Visitor) {
		v.AddVisits(1)
		v.AppendCart(shop.Item{SKU: "own"})
		v.PutPrefs("own", 1)
		v.UpdateUsername(func(name string) string { return name + "own" })
		v.UpdateNotice(func(notice string) string { return notice + "own" })
	}},
	{"take", func(v *shop.Visitor) { v.TakeNotice() }},
	{"edit in place and change", func(v *shop.Visitor) {
		editInPlace(v)
		v.AppendCart(shop.Item{SKU: "own"})
		v.PutPrefs("own", 2)
	}},
}

func editInPlace(v *shop.Visitor) {
	for i := range v.Cart() {
		v.Cart()[i].Count = 99
	}
	if v.Prefs() != nil {
		v.Prefs()["own"] = 1
	}
	if len(v.Avatar()) > 0 {
		v.Avatar()[0] = '-'
	}
}

// A leaves for nobody, and C signs in: in one request or in three, whatever is done with
// the fields before, between and after, and while A is at work in another window. C sees
// nothing of A, and neither does who looks into the store.
func TestR16_CSeesNothingOfA(t *testing.T) {
	cases := 0
	for _, before := range doings {
		for i, between := range doings {
			if !testsite.Long && i%4 != 0 {
				continue
			}
			for _, after := range doings {
				for _, requests := range []int{1, 3} {
					for _, busy := range []bool{false, true} {
						name := fmt.Sprintf("%s, %s, %s in %d requests, A busy: %v", before.name, between.name, after.name, requests, busy)
						s := testsite.New(t)
						b := s.Browser()
						fillForA(t, s, b)
						window := b.Clone()
						window.Manager = s.NewManager()
						steps := []func(v *shop.Visitor){
							func(v *shop.Visitor) {
								if busy {
									window.Visit(func(v *shop.Visitor) { v.AppendCart(shop.Item{SKU: canary}); v.SetUsername(canary + "again") })
								}
								before.do(v)
								v.ClearUserID()
							},
							between.do,
							func(v *shop.Visitor) {
								v.SetUserID(3)
								after.do(v)
								if all := fmt.Sprint(v.Username(), v.Team(), v.Role(), v.Cart(), v.Prefs(), string(v.Avatar()), v.Notice()); strings.Contains(all, canary) {
									t.Errorf("%s: seen in the same request: %s", name, all)
								}
							},
						}
						if requests == 1 {
							b.Visit(func(v *shop.Visitor) {
								for _, step := range steps {
									step(v)
								}
							})
						} else {
							for _, step := range steps {
								b.Visit(step)
							}
						}
						mustHoldNothingOfA(t, s, b, name)
						if after.name == "set" {
							testsite.Equal(t, testsite.See(b, (*shop.Visitor).Username), "own", name+": what C has set")
						}
						cases++
						if t.Failed() {
							return
						}
					}
				}
			}
		}
	}
	t.Logf("%d ways from A to C", cases)
}

func mustHoldNothingOfA(t *testing.T, s *testsite.Site, b *testsite.Browser, name string) {
	t.Helper()
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 3, name+": user")
	id, _ := testsite.TokenOf(t, b.Cookies[testsite.SessionCookie])
	rec, err := s.Store.Store.Load(t.Context(), id)
	testsite.Equal(t, err, nil, name+": error")
	if strings.Contains(rec.Data, canary[1:]) { // some edits in place leave no more of it
		t.Errorf("%s: C's record holds something of A: %q", name, rec.Data)
	}
	testsite.Equal(t, len(rec.Terms), 1, name+": terms that C is listed by")
	eachField(t, rec.Data, func(number uint64, value []byte) {
		switch {
		case number == unknownField:
			t.Errorf("%s: an unknown field of A's is C's", name)
		case number == ownRemember:
			t.Errorf("%s: C is remembered, as A asked for", name)
		case number == ownFlash:
			if field, _ := binary.Uvarint(contentsOf(value)); field == unknownField {
				t.Errorf("%s: the mark of a flash of A's is C's", name)
			}
		}
	})
	if visits := testsite.See(b, (*shop.Visitor).Visits); visits > 3 {
		t.Errorf("%s: visits: %d", name, visits)
	}
}
