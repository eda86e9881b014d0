package runtime_test

import (
	"encoding/base64"
	"encoding/gob"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

type unregistered struct{ Name string }

// What an old session holds may be anything, and must neither let anybody in nor keep
// anybody out.
func TestOldSessionsThatCannotBeReadAreNobodys(t *testing.T) {
	gob.RegisterName("old.unregistered", unregistered{})
	data := asSCS(t, time.Now().Add(time.Hour), map[string]any{"user_id": int64(7), "x": unregistered{"x"}})
	foreign := []byte(strings.Replace(string(data), "old.unregistered", "old.UNREGISTERED", 1))
	for name, data := range map[string][]byte{
		"of a type that is not registered": foreign,
		"cut off":                          data[:len(data)-5],
		"empty":                            {},
		"no gob":                           []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		"larger than any":                  make([]byte, 2<<20),
		"expired":                          asSCS(t, time.Now().Add(-time.Second), map[string]any{"user_id": int64(7)}),
	} {
		from := oldLibraries()[0]
		s, b := moved(t, from)
		from.store.sessions[b.cookies[oldCookie]] = data
		response := b.visit(func(v *shop.Visitor) { equal(t, v.HasUserID(), false, name+": signed in") })
		equal(t, response.StatusCode, http.StatusOK, name+": status")
		equal(t, s.count(runtime.Adopted), 0, name+": taken over")
		if name != "expired" {
			equal(t, s.count(runtime.NotAdopted), 1, name+": events")
		}
	}
}

func TestCookiesThatAreNoOldSession(t *testing.T) {
	other := securecookie.New([]byte("Jd4Rz8Wq2Fv6Ks0Xn5Cm9Tb3Lh7Gp1Ye"), nil)
	for _, from := range oldLibraries() {
		for name, value := range map[string]string{
			"empty":       "",
			"short":       "x",
			"long":        strings.Repeat("A", 5000),
			"of no token": base64.RawURLEncoding.EncodeToString(make([]byte, 33)),
			"of others":   encodeLegacy(t, other, oldCookie, map[any]any{"user_id": int64(7)}),
			"another's":   encodeLegacy(t, securecookie.New(legacyHashKey, legacyBlockKey), "other", map[any]any{"user_id": int64(7)}),
		} {
			s, b := moved(t, from)
			b.cookies[oldCookie] = value
			response := b.visit(func(v *shop.Visitor) { equal(t, v.HasUserID(), false, from.name+", "+name+": signed in") })
			equal(t, response.StatusCode, http.StatusOK, from.name+", "+name+": status")
			equal(t, s.store.took(), "", from.name+", "+name+": calls of our store")
			if from.store != nil {
				equal(t, from.store.finds, 0, name+": calls of the old store")
			}
		}
		// One of them was planted, and there is no telling which.
		s, b := moved(t, from)
		r := b.request("GET")
		r.Header.Set("Cookie", oldCookie+"="+b.cookies[oldCookie]+"; "+oldCookie+"="+from.issue(t, map[string]any{"user_id": int64(8)}))
		v, err := s.visitors.Load(newRecorder(), r)
		equal(t, err, nil, from.name+": loading")
		equal(t, v.HasUserID(), false, from.name+": signed in by one of two cookies")
	}
}

// A function that does not get along with one old session must not lock that visitor out, and
// must not cost the session either.
func TestAnApplicationThatDoesNotTakeAnOldSession(t *testing.T) {
	for name, fill := range map[string]func(*shop.Visitor, map[any]any) error{
		"an error": func(v *shop.Visitor, old map[any]any) error {
			v.SetUserID(7)
			return errors.New("the account is closed")
		},
		"a panic": func(v *shop.Visitor, old map[any]any) error {
			v.SetUserID(7)
			v.SetUsername(old["user_id"].(string))
			return nil
		},
	} {
		for _, from := range oldLibraries() {
			s, b := moved(t, from)
			b.manager = s.newManager(runtime.WithLegacy(s.clock.Now().AddDate(0, 1, 0), from.source, fill))
			response := b.visit(func(v *shop.Visitor) {
				equal(t, v.HasUserID() || v.HasUsername(), false, from.name+", "+name+": anything is set")
			})
			equal(t, response.StatusCode, http.StatusOK, from.name+", "+name+": status")
			b.manager = s.visitors
			b.visit(func(v *shop.Visitor) { equal(t, v.UserID(), 7, from.name+", "+name+": once it is mended") })
		}
	}
}

// Nobody is taken for nobody because a store is down, and nobody is signed out by that.
func TestAnOldStoreThatIsDown(t *testing.T) {
	from := oldLibraries()[0]
	s, b := moved(t, from)
	from.store.fail(errOldStore, nil)
	equal(t, b.visit(func(*shop.Visitor) { t.Error("the handler runs") }).StatusCode, http.StatusServiceUnavailable, "while it is down")
	from.store.fail(nil, nil)
	b.visit(func(v *shop.Visitor) { equal(t, v.UserID(), 7, "when it is back") })
	equal(t, s.count(runtime.StoreFailed), 1, "events")
}

// If the old session cannot be ended, it is remembered instead; a logout that cannot be
// done says so.
func TestAnOldSessionThatCannotBeEnded(t *testing.T) {
	from := oldLibraries()[0]
	s, b := moved(t, from)
	thief := b.clone()
	from.store.fail(nil, errOldStore)
	response := b.clone().visit((*shop.Visitor).Destroy)
	equal(t, response.StatusCode, http.StatusServiceUnavailable, "a logout")
	s.clock.advance(2 * time.Minute)

	equal(t, b.visit(func(*shop.Visitor) {}).StatusCode, http.StatusOK, "a page")
	equal(t, s.count(runtime.Adopted), 1, "taken over")
	b.visit((*shop.Visitor).Destroy)
	s.clock.advance(20 * 24 * time.Hour)
	thief.visit(func(v *shop.Visitor) { equal(t, v.HasUserID(), false, "signed in after the logout") })
}

// As long as nothing was acknowledged, the visitor keeps what there was.
func TestOurStoreIsDownWhileAnOldSessionIsTakenOver(t *testing.T) {
	for _, from := range oldLibraries() {
		for _, failing := range []int{1, 2} {
			s, b := moved(t, from)
			creates := 0
			s.store.stand(func(call string) error {
				if call == "create" {
					if creates++; creates >= failing {
						return errDown
					}
				}
				return nil
			}, nil)
			response := b.visit(func(*shop.Visitor) {})
			s.store.stand(nil, nil)
			if from.store != nil && failing == 2 {
				continue // it takes one
			}
			equal(t, response.StatusCode, http.StatusServiceUnavailable, from.name+": while it is down")
			equal(t, b.cookies[oldCookie] != "", true, from.name+": the old cookie is kept")
			s.clock.advance(2 * time.Minute)
			b.visit(func(v *shop.Visitor) { equal(t, v.UserID(), 7, from.name+": when it is back") })
		}
	}
}

// A handler that panics has changed nothing, so the old session is as it was.
func TestAPanicLeavesTheOldSession(t *testing.T) {
	for _, from := range oldLibraries() {
		_, b := moved(t, from)
		func() {
			defer func() { _ = recover() }()
			b.visit(func(*shop.Visitor) { panic("of the handler") })
		}()
		b.visit(func(v *shop.Visitor) { equal(t, v.UserID(), 7, from.name+": after a panic") })
	}
}

// Where nothing of the sort is set up, and where the browser sends no old cookie, it costs
// no call.
func TestVisitorsWithoutAnOldCookieCostNothing(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		delete(b.cookies, oldCookie)
		b.visit(func(v *shop.Visitor) {})
		equal(t, s.store.took(), "", from.name+": calls")
		equal(t, len(b.cookies), 0, from.name+": cookies")
	}
}
