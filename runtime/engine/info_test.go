package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// skewed is a replica whose clock differs from the store's.
func skewed(s *testsite.Site, skew time.Duration, options ...runtime.Option) *shop.VisitorManager {
	return s.NewManager(append(options, runtime.WithClock(func() time.Time { return s.Clock.Now().Add(skew) }))...)
}

// A page that asks for a sign-in within the last five minutes asks for it after five minutes,
// whatever the clocks of the replica that signed the visitor in and of this one say.
func TestAuthenticatedWithinIsByTheStoresClock(t *testing.T) {
	const d = 5 * time.Minute
	for _, signedInAt := range testsite.Skews {
		for _, askedAt := range testsite.Skews {
			s := testsite.New(t)
			b := s.Browser()
			b.Manager = skewed(s, signedInAt)
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			b.Manager = skewed(s, askedAt)
			within := func() bool {
				return testsite.See(b, func(v *shop.Visitor) bool { return v.AuthenticatedWithin(d) })
			}
			what := fmt.Sprintf("signed in at %v, asked at %v: ", signedInAt, askedAt)
			testsite.Equal(t, within(), true, what+"at once")
			s.Clock.Advance(d / 2)
			b.Visit(func(v *shop.Visitor) { v.AddVisits(1) }) // a write keeps the time of the sign-in
			s.Clock.Advance(d/2 - time.Second)
			testsite.Equal(t, within(), true, what+"a second before")
			s.Clock.Advance(time.Second)
			testsite.Equal(t, within(), true, what+"after exactly that time")
			s.Clock.Advance(time.Second)
			testsite.Equal(t, within(), false, what+"a second after")
			b.Visit((*shop.Visitor).Renew)
			testsite.Equal(t, within(), false, what+"after a renewal, which is no sign-in")
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			testsite.Equal(t, within(), true, what+"after signing in again")
		}
	}
}

// Time that passes within a request counts, and so does a sign-in that it has committed.
func TestAuthenticatedWithinARequest(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Visit(func(v *shop.Visitor) {
		s.Clock.Advance(time.Minute)
		testsite.Equal(t, v.AuthenticatedWithin(time.Minute-time.Second), false, "a minute later in the same request")
		testsite.Equal(t, v.AuthenticatedWithin(time.Minute), true, "within a minute")
		v.SetUserID(7)
		testsite.Equal(t, v.Commit(t.Context()), nil, "error")
		testsite.Equal(t, v.AuthenticatedWithin(0), true, "after a sign-in that was committed")
		s.Clock.Advance(time.Minute)
		testsite.Equal(t, v.AuthenticatedWithin(time.Second), false, "a minute after that")
	})
	b.Visit(func(v *shop.Visitor) { v.ClearUserID(); v.SetVisits(1) })
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) bool { return v.AuthenticatedWithin(time.Hour) }), false, "after a sign-out")
}

// A list of devices has to tell its reader which one is in their hands.
func TestTheListedSessionOfTheRequestIsMarked(t *testing.T) {
	s := testsite.New(t)
	b, other := s.Browser(), s.Browser()
	other.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	current := func(ctx context.Context) (ids []runtime.ID) {
		t.Helper()
		infos, err := s.Visitors.ListByUserID(ctx, 7)
		if err != nil || len(infos) != 2 {
			t.Fatal(infos, err)
		}
		for _, info := range infos {
			if info.Current {
				ids = append(ids, info.ID)
			}
		}
		return ids
	}
	b.Serve(func(v *shop.Visitor, _ testsite.ResponseWriter, r *testsite.Request) {
		if ids := current(r.Context()); len(ids) != 1 || ids[0] != v.Info().ID {
			t.Errorf("marked: %v, want %v", ids, v.Info().ID)
		}
		testsite.Equal(t, v.Info().Current, true, "Current of Info")
		v.Destroy()
		if ids := current(r.Context()); ids != nil {
			t.Errorf("marked after Destroy: %v", ids)
		}
	})
	other.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	if ids := current(t.Context()); ids != nil {
		t.Errorf("marked outside of a request: %v", ids)
	}
	s.Browser().Serve(func(v *shop.Visitor, _ testsite.ResponseWriter, r *testsite.Request) {
		if ids := current(r.Context()); ids != nil {
			t.Errorf("marked for an anonymous visitor: %v", ids)
		}
		testsite.Equal(t, v.Info(), runtime.Info{New: true, Current: true}, "a new session")
	})
}

func TestTimesOfASessionHaveNoMonotonicReading(t *testing.T) {
	s := testsite.New(t, runtime.WithClock(time.Now))
	s.Clock.At = time.Now()
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) {
		v.SetUserID(7)
		if err := v.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		for what, at := range map[string]time.Time{
			"Created": v.Info().Created, "AuthenticatedAt": v.Info().AuthenticatedAt, "LastSeen": v.Info().LastSeen, "Expires": v.Info().Expires,
		} {
			// A time that has gone through a text equals one without a monotonic reading, in UTC.
			text, _ := at.MarshalText()
			var again time.Time
			if err := again.UnmarshalText(text); err != nil || again != at || at.IsZero() {
				t.Errorf("%s is %#v, want %#v", what, at, again)
			}
		}
	})
}

func TestJSONOfInfo(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	info := runtime.Info{
		ID: runtime.ID{1}, Current: true, Created: at, AuthenticatedAt: at, LastSeen: at, Expires: at,
		Client: runtime.Client{UserAgent: "Firefox", Address: "192.0.2.7"},
	}
	const want = `{"id":"AQAAAAAAAAAAAAAAAAAAAA","new":false,"current":true,"created":"2026-11-23T12:00:00Z",` +
		`"authenticated_at":"2026-11-23T12:00:00Z","last_seen":"2026-11-23T12:00:00Z","expires":"2026-11-23T12:00:00Z",` +
		`"client":{"user_agent":"Firefox","address":"192.0.2.7"}}`
	text, err := json.Marshal(info)
	if err != nil || string(text) != want {
		t.Errorf("%s, %v\nwant %s", text, err, want)
	}
	var again runtime.Info
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, info) {
		t.Errorf("read back: %+v, %v", again, err)
	}
	text, _ = json.Marshal(runtime.Info{New: true, Current: true})
	if string(text) != `{"new":true,"current":true,"client":{"user_agent":"","address":""}}` {
		t.Errorf("a new session: %s", text)
	}
}
