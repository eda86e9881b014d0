package engine_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// A session of 50 MB is refused with a page that does not ask the visitor to try again, and with
// an event that names the field. The store is not asked, and keeps what it had.
func TestTooLargeASessionIsRefused(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetUsername("ada") })
	var writes int
	s.Store.Stand(func(call string) error {
		if call == "update" || call == "create" {
			writes++
		}
		return nil
	}, nil)
	var got error
	for name, grow := range map[string]func(v *shop.Visitor){
		"set":      func(v *shop.Visitor) { v.SetAvatar(make([]byte, 50_000_000)) },
		"appended": func(v *shop.Visitor) { v.AppendCart(shop.Item{SKU: strings.Repeat("x", 2<<20)}) },
	} {
		response := b.Visit(func(v *shop.Visitor) { v.SetUsername("grace"); grow(v) })
		testsite.Equal(t, response.StatusCode, http.StatusInternalServerError, name+": status")
		testsite.Equal(t, response.Header.Get("Retry-After"), "", name+": Retry-After")
		got = s.Events[len(s.Events)-1].Err
		testsite.Equal(t, s.Events[len(s.Events)-1].Kind, runtime.EventCommitFailed, name+": event")
		testsite.Equal(t, errors.Is(got, runtime.ErrTooLarge), true, name+": the error is ErrTooLarge")
		field := map[string]string{"set": "avatar (50000007)", "appended": "cart (2097"}[name]
		for _, part := range []string{"1048576 are allowed", field, "username (", "runtime.WithMaxSize"} {
			if !strings.Contains(fmt.Sprint(got), part) {
				t.Errorf("%s: the error does not say %q: %v", name, part, got)
			}
		}
	}
	testsite.Equal(t, writes, 0, "writes to the store")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Username), "ada", "what the session had")

	response := s.Browser().Visit(func(v *shop.Visitor) { v.SetAvatar(make([]byte, 50_000_000)) })
	testsite.Equal(t, response.StatusCode, http.StatusInternalServerError, "a new session: status")
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "a new session: cookies")
	testsite.Equal(t, s.Count(runtime.EventStoreFailed), 0, "events that blame the store")
}

// The limit counts the whole record. A session that is too large already can be read, made smaller
// and ended.
func TestTheLimitOfASessionsSize(t *testing.T) {
	s := testsite.New(t, runtime.WithMaxSize(0)) // the default
	b := s.Browser()
	const headroom = 300 // for the runtime's own fields
	testsite.Equal(t, b.Visit(func(v *shop.Visitor) { v.SetAvatar(make([]byte, 1<<20-headroom)) }).StatusCode, 200, "almost 1 MiB")
	testsite.Equal(t, b.Visit(func(v *shop.Visitor) { v.SetUsername(strings.Repeat("x", headroom)) }).StatusCode, 500, "several fields of 1 MiB together")

	larger := b.Clone()
	larger.Manager = s.NewManager(runtime.WithMaxSize(4 << 20))
	testsite.Equal(t, larger.Visit(func(v *shop.Visitor) { v.SetAvatar(make([]byte, 3<<20)) }).StatusCode, 200, "3 MiB of 4")
	testsite.Equal(t, larger.Visit(func(v *shop.Visitor) { v.SetAvatar(make([]byte, 4<<20)) }).StatusCode, 500, "4 MiB of 4")

	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) int { return len(v.Avatar()) }), 3<<20, "bytes that a program with a lower limit reads")
	testsite.Equal(t, b.Visit(func(v *shop.Visitor) { v.AddVisits(1) }).StatusCode, 500, "a change that leaves it too large")
	testsite.Equal(t, b.Visit(func(v *shop.Visitor) { v.ClearAvatar(); v.AddVisits(1) }).StatusCode, 200, "a change that makes it smaller")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, "visits")
	larger.Visit(func(v *shop.Visitor) { v.SetAvatar(make([]byte, 3<<20)) })
	testsite.Equal(t, b.Visit(func(v *shop.Visitor) { v.Destroy() }).StatusCode, 200, "ending it")
}

// The store's own limit is answered like that of the manager, without a repetition.
func TestTooLargeForTheStore(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	calls := 0
	s.Store.Stand(func(call string) error {
		if call != "update" {
			return nil
		}
		calls++
		return runtime.ErrTooLarge
	}, nil)
	response := b.Visit(func(v *shop.Visitor) { v.SetUsername("ada"); v.SetAvatar(make([]byte, 1000)) })
	testsite.Equal(t, response.StatusCode, http.StatusInternalServerError, "status")
	testsite.Equal(t, calls, 1, "calls")
	if err := s.Events[len(s.Events)-1].Err; !strings.Contains(fmt.Sprint(err), "avatar (1005)") {
		t.Errorf("the error does not name the largest field: %v", err)
	}
}

// What the store has refused is not repeated: the visitor has the error page at once.
func TestWhatTheStoreRefusesIsNotRepeated(t *testing.T) {
	for call, change := range map[string]func(v *shop.Visitor){
		"update": func(v *shop.Visitor) { v.AddVisits(1) },
		"delete": func(v *shop.Visitor) { v.Destroy() },
		"revoke": func(v *shop.Visitor) { v.RevokeOthers() },
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		denied := errors.New("permission denied")
		calls := 0
		s.Store.Stand(func(made string) error {
			if made != call {
				return nil
			}
			calls++
			return runtime.Refused(denied)
		}, nil)
		response := b.Visit(change)
		testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, call+": status")
		testsite.Equal(t, calls, 1, call+": calls")
		last := s.Events[len(s.Events)-1]
		if last.Kind != runtime.EventStoreFailed || !errors.Is(last.Err, denied) {
			t.Errorf("%s: the last event is %v with the error %v", call, last.Kind, last.Err)
		}
	}
}
