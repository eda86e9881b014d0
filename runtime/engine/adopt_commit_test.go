package engine_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/gob"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/legacy"
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
		"larger than any":                  asSCS(t, time.Now().Add(time.Hour), map[string]any{"user_id": int64(7), "x": make([]byte, 1<<20)}),
		"expired":                          asSCS(t, time.Now().Add(-time.Second), map[string]any{"user_id": int64(7)}),
	} {
		from := oldLibraries()[0]
		s, b := moved(t, from)
		from.store.sessions[b.Cookies[oldCookie]] = data
		response := b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.HasUserID(), false, name+": signed in") })
		testsite.Equal(t, response.StatusCode, http.StatusOK, name+": status")
		testsite.Equal(t, s.Count(runtime.EventAdopted), 0, name+": taken over")
		if name != "expired" {
			testsite.Equal(t, s.Count(runtime.EventNotAdopted), 1, name+": events")
		}
	}
}

func TestCookiesThatAreNoOldSession(t *testing.T) {
	other := securecookie.New([]byte("Jd4Rz8Wq2Fv6Ks0Xn5Cm9Tb3Lh7Gp1Ye"), nil)
	for _, from := range oldLibraries() {
		for name, value := range map[string]string{
			"empty":               "",
			"short":               "x",
			"long":                strings.Repeat("A", 5000),
			"of a token's length": strings.Repeat("!", 43),
			"of no token":         base64.RawURLEncoding.EncodeToString(make([]byte, 33)),
			"of others":           encodeLegacy(t, other, oldCookie, map[any]any{"user_id": int64(7)}),
			"another's":           encodeLegacy(t, securecookie.New(legacyHashKey, legacyBlockKey), "other", map[any]any{"user_id": int64(7)}),
		} {
			s, b := moved(t, from)
			b.Cookies[oldCookie] = value
			response := b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.HasUserID(), false, from.name+", "+name+": signed in") })
			testsite.Equal(t, response.StatusCode, http.StatusOK, from.name+", "+name+": status")
			testsite.Equal(t, s.Store.Took(), "", from.name+", "+name+": calls of our store")
			if from.store != nil {
				testsite.Equal(t, from.store.finds, 0, name+": calls of the old store")
			}
		}
		// One of them was planted, and there is no telling which.
		s, b := moved(t, from)
		r := b.Request("GET")
		r.Header.Set("Cookie", oldCookie+"="+b.Cookies[oldCookie]+"; "+oldCookie+"="+from.issue(t, map[string]any{"user_id": int64(8)}))
		v, err := s.Visitors.Load(testsite.NewRecorder(), r)
		testsite.Equal(t, err, nil, from.name+": loading")
		testsite.Equal(t, v.HasUserID(), false, from.name+": signed in by one of two cookies")
	}
}

// A logout beside two session cookies leaves no old session that would sign the visitor in
// again. A request that only reads ends nothing.
func TestDestroyBesideSeveralSessionCookiesEndsTheOldSession(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		_, values := signedIn(s, 2)
		ours := "; " + testsite.SessionCookie + "="
		both := s.Browser()
		both.Header.Set("Cookie", oldCookie+"="+b.Cookies[oldCookie]+ours+values[0]+ours+values[1])
		response := both.Visit(func(v *shop.Visitor) { v.Visits() })
		testsite.Equal(t, s.Store.Took(), "load load", from.name+": store calls of a read")
		testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, from.name+": cookies of a read")
		both.Visit(func(v *shop.Visitor) { v.Destroy() })
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), false, from.name+": signed in by the old cookie after a logout")
	}
}

// A source of the application's own may do what it likes.
func TestSourcesThatMisbehave(t *testing.T) {
	codec := securecookie.New(legacyHashKey, nil)
	value := ""
	for padding := "x"; !strings.Contains(value, "="); padding += "x" { // with bits to spare
		value = encodeLegacy(t, codec, oldCookie, map[any]any{"user_id": int64(7), "x": padding})
	}
	lax := func(r *http.Request) (values map[any]any, err error) {
		c, err := r.Cookie(oldCookie)
		if err == nil {
			err = codec.Decode(oldCookie, c.Value, &values)
		}
		return values, err
	}
	s := NewNow(t)
	with := func(read func(*http.Request) (map[any]any, error)) *testsite.Browser {
		b := s.Browser()
		b.Manager = s.NewManager(runtime.WithLegacy(s.Clock.Now().AddDate(0, 1, 0), legacy.Source{Cookie: oldCookie, Read: read}, fillVisitor))
		b.Cookies[oldCookie] = value
		return b
	}
	b := with(func(*http.Request) (map[any]any, error) { panic("of the source") })
	testsite.Equal(t, b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.HasUserID(), false, "signed in by a panic") }).StatusCode, http.StatusOK, "status after a panic")

	// Another spelling of a cookie that was taken over is that cookie.
	b = with(lax)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(value, '=') - 1
	another := value[:last] + string(alphabet[strings.IndexByte(alphabet, value[last])^1]) + value[last+1:]
	var values map[any]any
	if err := codec.Decode(oldCookie, another, &values); err != nil {
		t.Fatalf("securecookie itself refuses another spelling: %v", err)
	}
	b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 7, "principal") })
	b.Visit((*shop.Visitor).Destroy)
	b.Cookies[oldCookie] = another
	b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.HasUserID(), false, "signed in by another spelling") })
	b.Cookies[oldCookie] = `"` + value + `"`
	b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.HasUserID(), false, "signed in by a cookie in quotes") })
}

// securecookie takes a cookie that was made in the future for a young one.
func TestAnOldCookieFromTheFuture(t *testing.T) {
	from := oldLibraries()[1]
	_, b := moved(t, from)
	decoded, err := base64.URLEncoding.DecodeString(b.Cookies[oldCookie])
	if err != nil {
		t.Fatal(err)
	}
	made, rest, _ := strings.Cut(string(decoded), "|")
	payload, _, _ := strings.Cut(rest, "|")
	seconds, err := strconv.ParseInt(made, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	for ahead, accepted := range map[time.Duration]bool{0: true, 24 * time.Hour: false} {
		body := fmt.Sprintf("%d|%s|", seconds+int64(ahead/time.Second), payload)
		mac := hmac.New(sha256.New, legacyHashKey)
		mac.Write([]byte(oldCookie + "|" + body[:len(body)-1]))
		b.Cookies[oldCookie] = base64.URLEncoding.EncodeToString(mac.Sum([]byte(body)))
		b.Visit(func(v *shop.Visitor) {
			testsite.Equal(t, v.HasUserID(), accepted, "signed in by a cookie "+ahead.String()+" ahead")
		})
		delete(b.Cookies, testsite.SessionCookie)
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
			b.Manager = s.NewManager(runtime.WithLegacy(s.Clock.Now().AddDate(0, 1, 0), from.source, fill))
			response := b.Visit(func(v *shop.Visitor) {
				testsite.Equal(t, v.HasUserID() || v.HasUsername(), false, from.name+", "+name+": anything is set")
			})
			testsite.Equal(t, response.StatusCode, http.StatusOK, from.name+", "+name+": status")
			b.Manager = s.Visitors
			b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 7, from.name+", "+name+": once it is mended") })
		}
	}
}

// Nobody is taken for nobody because a store is down, and nobody is signed out by that.
func TestAnOldStoreThatIsDown(t *testing.T) {
	from := oldLibraries()[0]
	s, b := moved(t, from)
	from.store.fail(errOldStore, nil)
	testsite.Equal(t, b.Visit(func(*shop.Visitor) { t.Error("the handler runs") }).StatusCode, http.StatusServiceUnavailable, "while it is down")
	from.store.fail(nil, nil)
	b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 7, "when it is back") })
	testsite.Equal(t, s.Count(runtime.EventStoreFailed), 1, "events")
}

// If the old session cannot be ended, it is remembered instead; a logout that cannot be
// done says so.
func TestAnOldSessionThatCannotBeEnded(t *testing.T) {
	from := oldLibraries()[0]
	s, b := moved(t, from)
	thief := b.Clone()
	from.store.fail(nil, errOldStore)
	response := b.Clone().Visit((*shop.Visitor).Destroy)
	testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, "a logout")
	s.Clock.Advance(2 * time.Minute)

	testsite.Equal(t, b.Visit(func(*shop.Visitor) {}).StatusCode, http.StatusOK, "a page")
	testsite.Equal(t, s.Count(runtime.EventAdopted), 1, "taken over")
	b.Visit((*shop.Visitor).Destroy)
	s.Clock.Advance(20 * 24 * time.Hour)
	thief.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.HasUserID(), false, "signed in after the logout") })
}

// As long as nothing was acknowledged, the visitor keeps what there was.
func TestOurStoreIsDownWhileAnOldSessionIsTakenOver(t *testing.T) {
	for _, from := range oldLibraries() {
		for _, failing := range []int{1, 2} {
			s, b := moved(t, from)
			creates := 0
			s.Store.Stand(func(call string) error {
				if call == "create" {
					if creates++; creates >= failing {
						return testsite.ErrDown
					}
				}
				return nil
			}, nil)
			response := b.Visit(func(*shop.Visitor) {})
			s.Store.Stand(nil, nil)
			if from.store != nil && failing == 2 {
				continue // it takes one
			}
			testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, from.name+": while it is down")
			testsite.Equal(t, b.Cookies[oldCookie] != "", true, from.name+": the old cookie is kept")
			s.Clock.Advance(2 * time.Minute)
			b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 7, from.name+": when it is back") })
		}
	}
}

// A handler that panics has changed nothing, so the old session is as it was.
func TestAPanicLeavesTheOldSession(t *testing.T) {
	for _, from := range oldLibraries() {
		_, b := moved(t, from)
		func() {
			defer func() { _ = recover() }()
			b.Visit(func(*shop.Visitor) { panic("of the handler") })
		}()
		b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 7, from.name+": after a panic") })
	}
}

// Where nothing of the sort is set up, and where the browser sends no old cookie, it costs
// no call.
func TestVisitorsWithoutAnOldCookieCostNothing(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		delete(b.Cookies, oldCookie)
		b.Visit(func(v *shop.Visitor) {})
		testsite.Equal(t, s.Store.Took(), "", from.name+": calls")
		testsite.Equal(t, len(b.Cookies), 0, from.name+": cookies")
	}
}
