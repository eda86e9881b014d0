package engine_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

const day = 24 * time.Hour

// rememberer is a browser at a site whose sessions last longer than browsers keep a cookie.
type rememberer struct {
	*testsite.Site
	manager *engine.Manager
	browser *testsite.Browser
	expires time.Time // of the session cookie in the browser
}

func newRememberer(t *testing.T, remember bool) *rememberer {
	s := testsite.New(t)
	schema := testsite.MiniSchema("__Host-mini", nil)
	schema.Idle, schema.Lifetime = 1000*day, 1000*day
	r := &rememberer{Site: s, manager: testsite.NewMini(t, s, schema), browser: s.Browser()}
	r.visit(func(m *testsite.Mini, _ http.ResponseWriter) {
		engine.Set(&m.Session, testsite.MiniUser, &m.User, 7)
		m.Session.Remember(remember)
	})
	return r
}

// visit makes a request. It returns the Max-Age of the session cookie in seconds, or 0 if none is
// sent, and the header of the response.
func (r *rememberer) visit(h func(m *testsite.Mini, w http.ResponseWriter)) (maxAge int, header http.Header) {
	r.T.Helper()
	w := httptest.NewRecorder()
	before := r.browser.Cookies["__Host-mini"]
	r.manager.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h(testsite.MiniFrom(r), w)
	})).ServeHTTP(w, r.browser.Request("GET"))
	testsite.Equal(r.T, w.Code, http.StatusOK, "status")
	r.browser.Keep(w.Result())
	line := w.Header().Get("Set-Cookie")
	if _, rest, found := strings.Cut(line, "; Max-Age="); found {
		text, _, _ := strings.Cut(rest, ";")
		maxAge, _ = strconv.Atoi(text)
		r.expires = r.Clock.Now().Add(time.Duration(maxAge) * time.Second)
		if now := r.browser.Cookies["__Host-mini"]; before != "" && now != before {
			r.T.Error("another token is sent")
		}
	}
	return maxAge, w.Header()
}

func read(m *testsite.Mini, _ http.ResponseWriter) {
	engine.Get(&m.Session, testsite.MiniUser, &m.User)
}

const fourHundredDays = 400 * 24 * 60 * 60

func TestACookieIsSentAgainOnlyWhereTheBrowserGetsIt(t *testing.T) {
	r := newRememberer(t, true)
	none := func(what string, h func(m *testsite.Mini, w http.ResponseWriter)) {
		t.Helper()
		if maxAge, _ := r.visit(h); maxAge != 0 {
			t.Errorf("%s: sent with Max-Age=%d", what, maxAge)
		}
	}
	r.Clock.Advance(40*day - time.Second)
	none("before a tenth has passed", read)
	r.Clock.Advance(time.Second)
	r.browser.Header.Set("Sec-Purpose", "prefetch")
	none("with a page that may never be shown", read)
	r.browser.Header.Del("Sec-Purpose")
	none("with a response that takes so long that another one may have renewed the session", func(m *testsite.Mini, w http.ResponseWriter) {
		r.Clock.Advance(10 * time.Second)
		read(m, w)
	})
	r.Store.Stand(testsite.Down("update"), nil)
	none("with a store that fails", read)
	testsite.Equal(t, r.Count(runtime.EventStoreFailed), 1, "events of the store")
	r.Store.Stand(nil, nil)
	none("after a renewal by another request", func(m *testsite.Mini, w http.ResponseWriter) {
		other := *r.browser.Clone()
		recorder := httptest.NewRecorder()
		r.manager.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			testsite.MiniFrom(r).Session.Renew()
		})).ServeHTTP(recorder, other.Request("GET"))
		r.browser.Keep(recorder.Result())
		read(m, w)
	})
	r.Clock.Advance(40 * day)
	maxAge, header := r.visit(read)
	testsite.Equal(t, maxAge, fourHundredDays, "Max-Age")
	testsite.Equal(t, header.Get("Cache-Control"), "private, no-cache", "Cache-Control of a page that has not changed")
	none("right after it was sent", read)
}

// A visitor who looks in every five weeks stays signed in until the session ends, three years
// later.
func TestARememberedSessionOutlivesTheLongestCookie(t *testing.T) {
	r := newRememberer(t, true)
	began, sent := r.Clock.Now(), 0
	for r.Clock.Now().Sub(began) < 965*day {
		r.Clock.Advance(35 * day)
		if !r.Clock.Now().Before(r.expires) {
			t.Fatalf("the cookie is gone after %v", r.Clock.Now().Sub(began))
		}
		maxAge, _ := r.visit(func(m *testsite.Mini, w http.ResponseWriter) {
			if engine.Get(&m.Session, testsite.MiniUser, &m.User) != 7 {
				t.Fatalf("signed out after %v", r.Clock.Now().Sub(began))
			}
		})
		if maxAge > 0 {
			sent++
		}
	}
	if end := began.Add(1000 * day); !r.expires.Equal(end) {
		t.Errorf("the last cookie ends at %v, the session at %v", r.expires, end)
	}
	if sent < 5 || sent > 10 {
		t.Errorf("the cookie was sent %d times, want at most once in 70 days, until it lasts to the end", sent)
	}
}

func TestASessionThatIsNotRememberedSendsItsCookieOnce(t *testing.T) {
	r := newRememberer(t, false)
	for range 5 {
		r.Clock.Advance(50 * day)
		if _, header := r.visit(read); header["Set-Cookie"] != nil {
			t.Errorf("sent: %q", header["Set-Cookie"])
		}
	}
}
