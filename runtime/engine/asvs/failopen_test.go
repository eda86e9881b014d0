package asvs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// kinds of pages, by who may see them and what they do. Each writes what it takes the visitor for.
var kindsOfPages = map[string]testsite.Handler{
	"for everybody": func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		if v.HasUserID() {
			_, _ = fmt.Fprint(w, "welcome back ", v.UserID())
			return
		}
		_, _ = io.WriteString(w, "welcome, stranger")
	},
	"for members": guarded(func(v *shop.Visitor) bool { return v.HasUserID() }, func(*shop.Visitor) {}),
	"for admins":  guarded(func(v *shop.Visitor) bool { return v.Role() == "admin" }, func(*shop.Visitor) {}),
	// A site may ask for what must not be there, too: only strangers may register.
	"for strangers only":  guarded(func(v *shop.Visitor) bool { return !v.HasUserID() }, func(v *shop.Visitor) { v.SetVisits(100) }),
	"that writes":         guarded(func(v *shop.Visitor) bool { return v.HasUserID() }, func(v *shop.Visitor) { v.AddVisits(1) }),
	"that steps up":       guarded(func(v *shop.Visitor) bool { return v.HasUserID() }, func(v *shop.Visitor) { v.SetRole("root") }),
	"that steps down":     guarded(func(v *shop.Visitor) bool { return v.HasUserID() }, func(v *shop.Visitor) { v.ClearRole() }),
	"that signs in":       guarded(func(*shop.Visitor) bool { return true }, func(v *shop.Visitor) { v.SetUserID(7) }),
	"that signs out":      guarded(func(*shop.Visitor) bool { return true }, func(v *shop.Visitor) { v.ClearUserID() }),
	"that ends it":        guarded(func(*shop.Visitor) bool { return true }, func(v *shop.Visitor) { v.Destroy() }),
	"that ends the other": guarded(func(*shop.Visitor) bool { return true }, func(v *shop.Visitor) { v.RevokeOthers() }),
}

func guarded(may func(v *shop.Visitor) bool, act func(v *shop.Visitor)) testsite.Handler {
	return func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		if !may(v) {
			http.Error(w, "not for you", http.StatusForbidden)
			return
		}
		act(v)
		_, _ = fmt.Fprint(w, "done for ", v.UserID())
	}
}

// failures are what a store may do instead of answering.
var failures = map[string]error{
	"refused":   testsite.ErrDown,
	"timed out": context.DeadlineExceeded,
	"cancelled": context.Canceled,
	"uncertain": runtime.ErrUncertain,
	"joined":    errors.Join(testsite.ErrDown, context.DeadlineExceeded),
	"no rows":   errors.New("sql: no rows in result set"),
	"io.EOF":    io.EOF,
}

// While the store fails, nobody is let in, and nobody is taken for nobody: for no kind of page, whichever call fails and however. A page
// that needs no failing call is what it always is, and after the store is back everybody is who they were.
func TestASVS_16_5_NobodyIsTakenForNobodyWhileTheStoreFails(t *testing.T) {
	table := map[string]map[string]int{}
	for _, call := range []string{"load", "create", "update", "touch", "delete", "revoke"} {
		table[call] = map[string]int{}
		for kind, page := range kindsOfPages {
			for how, failure := range failures {
				synctest.Test(t, func(t *testing.T) { // repeated calls wait
					table[call][kind] = failing(t, call, kind, page, how, failure)
				})
			}
		}
	}
	for kind := range kindsOfPages {
		line := ""
		for _, call := range []string{"load", "create", "update", "touch", "delete", "revoke"} {
			line += fmt.Sprintf("  %s %d", call, table[call][kind])
		}
		t.Logf("a page %-20s%s", kind, line)
	}
}

// failing visits a page while a call of the store fails, and returns the status.
func failing(t *testing.T, call, kind string, page testsite.Handler, how string, failure error) int {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("admin"); v.SetVisits(3) })
	s.Clock.Advance(idleTenth)
	before := b.Clone()
	s.Store.Stand(func(c string) error {
		if c == call {
			return failure
		}
		return nil
	}, nil)
	response := b.Serve(page)
	s.Store.Stand(nil, nil)
	body, _ := io.ReadAll(response.Body)
	about := fmt.Sprintf("%s %s, a page %s", call, how, kind)
	switch response.StatusCode {
	case http.StatusServiceUnavailable:
		if strings.Contains(string(body), "done") || strings.Contains(string(body), "welcome") || strings.Contains(string(body), failure.Error()) {
			t.Errorf("%s: the error page says %q", about, body)
		}
		testsite.Equal(t, response.Header.Get("Cache-Control"), "no-store", about+": Cache-Control")
		testsite.Equal(t, testsite.See(before, func(v *shop.Visitor) string { return fmt.Sprint(v.UserID(), v.Role(), v.Visits()) }), "7admin3", about+": the session after an error page")
	case http.StatusForbidden:
		if kind != "for strangers only" {
			t.Errorf("%s: not for its owner", about)
		}
	case http.StatusOK:
		if call == "load" || strings.Contains(string(body), "stranger") || kind == "for strangers only" {
			t.Errorf("%s: let in as nobody, with %q", about, body)
		}
	default:
		t.Errorf("%s: status %d", about, response.StatusCode)
	}
	if call == "load" {
		testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, about+": status")
	}
	return response.StatusCode
}

// idleTenth is when a session is extended.
const idleTenth = 3 * time.Minute

// Load without the middleware gives an error, and no session that looks like nobody's.
func TestASVS_16_5_LoadGivesNoSessionWhileTheStoreFails(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for how, failure := range failures {
		s.Store.Stand(func(string) error { return failure }, nil)
		v, err := s.Visitors.Load(testsite.NewRecorder(), b.Request("GET"))
		if v != nil || !errors.Is(err, failure) {
			t.Errorf("%s: got %v, %v", how, v, err)
		}
	}
}

// A list that could not be read is no empty list, and an end that did not happen is no end.
func TestASVS_16_5_CallsOfTheManagerSayThatTheyFailed(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	id := testsite.IDOf(b)
	s.Store.Stand(testsite.Down("delete", "revoke"), nil)
	if err := s.Visitors.Revoke(t.Context(), id); !errors.Is(err, testsite.ErrDown) {
		t.Errorf("Revoke: %v", err)
	}
	if n, err := s.Visitors.RevokeByUserID(t.Context(), 7); !errors.Is(err, testsite.ErrDown) || n != 0 {
		t.Errorf("RevokeBy: %d, %v", n, err)
	}
	s.Store.Stand(nil, nil)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user whose session was not ended")
}

// A record that cannot be read, or that says another user than it is listed under, opens no page for members;
// what is in it belongs to nobody, and it is heard of.
func TestASVS_16_5_ASpoiltRecordOpensNothing(t *testing.T) {
	for name, spoil := range map[string]func(rec *runtime.Record){
		"nothing":         func(rec *runtime.Record) { rec.Data = "" },
		"cut":             func(rec *runtime.Record) { rec.Data = rec.Data[:len(rec.Data)-1] },
		"garbage":         func(rec *runtime.Record) { rec.Data = strings.Repeat("\xff", 100) },
		"no label":        func(rec *runtime.Record) { rec.Data = rec.Data[18:] },
		"a short label":   func(rec *runtime.Record) { rec.Data = "\x0a\x01A" + rec.Data[18:] },
		"another label":   func(rec *runtime.Record) { rec.Data = "\x0a\x10" + strings.Repeat("A", 16) + rec.Data[18:] },
		"no key":          func(rec *runtime.Record) { rec.Data = rec.Data[:18] + rec.Data[52:] },
		"a short key":     func(rec *runtime.Record) { rec.Data = rec.Data[:18] + "\x12\x01A" + rec.Data[52:] },
		"an empty key":    func(rec *runtime.Record) { rec.Data = rec.Data[:18] + "\x12\x00" + rec.Data[52:] },
		"another's terms": func(rec *runtime.Record) { rec.Terms = []runtime.Term{{1}} },
		"no terms":        func(rec *runtime.Record) { rec.Terms = nil },
		"another one's ID": func(rec *runtime.Record) {
			rec.Data += string(wire.AppendInt(nil, wire.FieldNumber("user_id"), int64(1)))
		},
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("admin") })
		id := testsite.IDOf(b)
		rec, err := s.Store.Store.Load(t.Context(), id)
		check(t, err)
		old := rec.Rev
		rec.Rev = runtime.Rev{9}
		spoil(&rec)
		check(t, s.Store.Store.Update(t.Context(), id, old, rec, runtime.TTL{Idle: 1e12}))
		for kind, page := range kindsOfPages {
			if kind != "for members" && kind != "for admins" {
				continue
			}
			response := b.Clone().Serve(page)
			testsite.Equal(t, response.StatusCode, http.StatusForbidden, name+": status of a page "+kind)
		}
		if s.Count(runtime.EventRecordRefused)+s.Count(runtime.EventExpired) == 0 {
			t.Errorf("%s: nobody hears of it", name)
		}
	}
}
