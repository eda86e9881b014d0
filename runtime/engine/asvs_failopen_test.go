package engine_test

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
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// kinds of pages, by who may see them and what they do. Each writes what it takes the visitor for.
var kindsOfPages = map[string]handler{
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

func guarded(may func(v *shop.Visitor) bool, act func(v *shop.Visitor)) handler {
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
	"refused":   errDown,
	"timed out": context.DeadlineExceeded,
	"cancelled": context.Canceled,
	"uncertain": runtime.ErrUncertain,
	"joined":    errors.Join(errDown, context.DeadlineExceeded),
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
func failing(t *testing.T, call, kind string, page handler, how string, failure error) int {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("admin"); v.SetVisits(3) })
	s.clock.advance(idleTenth)
	before := b.clone()
	s.store.stand(func(c string) error {
		if c == call {
			return failure
		}
		return nil
	}, nil)
	response := b.serve(page)
	s.store.stand(nil, nil)
	body, _ := io.ReadAll(response.Body)
	about := fmt.Sprintf("%s %s, a page %s", call, how, kind)
	switch response.StatusCode {
	case http.StatusServiceUnavailable:
		if strings.Contains(string(body), "done") || strings.Contains(string(body), "welcome") || strings.Contains(string(body), failure.Error()) {
			t.Errorf("%s: the error page says %q", about, body)
		}
		equal(t, response.Header.Get("Cache-Control"), "no-store", about+": Cache-Control")
		equal(t, see(before, func(v *shop.Visitor) string { return fmt.Sprint(v.UserID(), v.Role(), v.Visits()) }), "7admin3", about+": the session after an error page")
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
		equal(t, response.StatusCode, http.StatusServiceUnavailable, about+": status")
	}
	return response.StatusCode
}

// idleTenth is when a session is extended.
const idleTenth = 3 * time.Minute

// Load without the middleware gives an error, and no session that looks like nobody's.
func TestASVS_16_5_LoadGivesNoSessionWhileTheStoreFails(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for how, failure := range failures {
		s.store.stand(func(string) error { return failure }, nil)
		v, err := s.visitors.Load(newRecorder(), b.request("GET"))
		if v != nil || !errors.Is(err, failure) {
			t.Errorf("%s: got %v, %v", how, v, err)
		}
	}
}

// A list that could not be read is no empty list, and an end that did not happen is no end.
func TestASVS_16_5_CallsOfTheManagerSayThatTheyFailed(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	id := idOf(b)
	s.store.stand(down("delete", "revoke"), nil)
	if err := s.visitors.Revoke(t.Context(), id); !errors.Is(err, errDown) {
		t.Errorf("Revoke: %v", err)
	}
	if n, err := s.visitors.RevokeByUserID(t.Context(), 7); !errors.Is(err, errDown) || n != 0 {
		t.Errorf("RevokeBy: %d, %v", n, err)
	}
	s.store.stand(nil, nil)
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user whose session was not ended")
}

// A record that cannot be read, or that says another user than it is listed under, opens no page for members;
// what is in it belongs to nobody, and it is heard of.
func TestASVS_16_5_ASpoiltRecordOpensNothing(t *testing.T) {
	for name, spoil := range map[string]func(rec *runtime.Record){
		"nothing":         func(rec *runtime.Record) { rec.Data = "" },
		"cut":             func(rec *runtime.Record) { rec.Data = rec.Data[:len(rec.Data)-1] },
		"garbage":         func(rec *runtime.Record) { rec.Data = strings.Repeat("\xff", 100) },
		"no key":          func(rec *runtime.Record) { rec.Data = rec.Data[34:] },
		"a short key":     func(rec *runtime.Record) { rec.Data = "\x0a\x01A" + rec.Data[34:] },
		"an empty key":    func(rec *runtime.Record) { rec.Data = "\x0a\x00" + rec.Data[34:] },
		"another's terms": func(rec *runtime.Record) { rec.Terms = []runtime.Term{{1}} },
		"no terms":        func(rec *runtime.Record) { rec.Terms = nil },
		"another one's ID": func(rec *runtime.Record) {
			rec.Data += string(wire.AppendInt(nil, wire.FieldNumber("user_id"), int64(1)))
		},
	} {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("admin") })
		id := idOf(b)
		rec, err := s.store.Store.Load(t.Context(), id)
		check(t, err)
		old := rec.Rev
		rec.Rev = runtime.Rev{9}
		spoil(&rec)
		check(t, s.store.Store.Update(t.Context(), id, old, rec, runtime.TTL{Idle: 1e12}))
		for kind, page := range kindsOfPages {
			if kind != "for members" && kind != "for admins" {
				continue
			}
			response := b.clone().serve(page)
			equal(t, response.StatusCode, http.StatusForbidden, name+": status of a page "+kind)
		}
		if s.count(runtime.EventRecordRefused) == 0 {
			t.Errorf("%s: nobody hears of it", name)
		}
	}
}
