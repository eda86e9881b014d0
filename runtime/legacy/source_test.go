package legacy_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/gob"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/legacy"
)

const cookieName = "session"

var token = base64.RawURLEncoding.EncodeToString([]byte("of 32 bytes, as scs draws tokens"))

// store has what every store of scs has.
type store struct {
	sessions map[string][]byte
	asked    []string
	err      error
}

func (s *store) Find(token string) ([]byte, bool, error) {
	s.asked = append(s.asked, token)
	data, found := s.sessions[token]
	return data, found, s.err
}

func (s *store) Delete(token string) error {
	delete(s.sessions, token)
	return s.err
}

type contextKey struct{}

// contextStore has the methods with a context, too. They must be used.
type contextStore struct {
	store
	saw []any
}

func (s *contextStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	s.saw = append(s.saw, ctx.Value(contextKey{}))
	return s.Find(token)
}

func (s *contextStore) DeleteCtx(ctx context.Context, token string) error {
	s.saw = append(s.saw, ctx.Value(contextKey{}))
	return s.Delete(token)
}

// encodeSCS is what the codec of scs writes.
func encodeSCS(t *testing.T, deadline time.Time, values map[string]any) []byte {
	t.Helper()
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(&struct {
		Deadline time.Time
		Values   map[string]any
	}{deadline, values})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func request(cookies ...string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Cookie"] = cookies
	return r.WithContext(context.WithValue(r.Context(), contextKey{}, "the request's"))
}

func TestFromSCS(t *testing.T) {
	hash := sha256.Sum256([]byte(token))
	hashed := base64.RawURLEncoding.EncodeToString(hash[:])
	for key, from := range map[string]func(string, legacy.SCSStore) runtime.LegacySource{token: legacy.FromSCS, hashed: legacy.FromHashedSCS} {
		old := &store{sessions: map[string][]byte{key: encodeSCS(t, time.Now().Add(time.Hour), map[string]any{"user_id": 7, "name": "ada"})}}
		source := from(cookieName, old)
		if source.Cookie != cookieName {
			t.Errorf("the cookie is %s", source.Cookie)
		}
		values, err := source.Read(request(cookieName + "=" + token))
		if err != nil || len(values) != 2 || values["user_id"] != 7 || values["name"] != "ada" {
			t.Errorf("read %v, %v", values, err)
		}
		if err := source.End(nil, request(cookieName+"="+token)); err != nil || len(old.sessions) != 0 {
			t.Errorf("ended: %v, %d sessions are left", err, len(old.sessions))
		}
		if values, err := source.Read(request(cookieName + "=" + token)); err != nil || values != nil {
			t.Errorf("after its end: %v, %v", values, err)
		}
		down := errors.New("the store is down")
		old.err = down
		if _, err := source.Read(request(cookieName + "=" + token)); !errors.Is(err, down) || errors.Is(err, runtime.ErrUnreadable) {
			t.Errorf("a store that is down: %v", err)
		}
		if err := source.End(nil, request(cookieName+"="+token)); !errors.Is(err, down) {
			t.Errorf("ended, in a store that is down: %v", err)
		}
	}
}

func TestFromSCSKeepsTheContextOfTheRequest(t *testing.T) {
	old := &contextStore{store: store{sessions: map[string][]byte{token: encodeSCS(t, time.Now().Add(time.Hour), nil)}}}
	source := legacy.FromSCS(cookieName, old)
	if values, err := source.Read(request(cookieName + "=" + token)); err != nil || values == nil {
		t.Errorf("read %v, %v", values, err)
	}
	if err := source.End(nil, request(cookieName+"="+token)); err != nil {
		t.Error(err)
	}
	if fmt.Sprint(old.saw) != "[the request's the request's]" {
		t.Errorf("the store saw %v", old.saw)
	}
}

// What is no token never reaches the store.
func TestFromSCSAsksForTokensOnly(t *testing.T) {
	old := &store{sessions: map[string][]byte{}}
	source := legacy.FromSCS(cookieName, old)
	for _, value := range []string{"", "x", token[1:], token + "A", strings.Repeat("!", 43), strings.Repeat("A", 5000)} {
		r := request(cookieName + "=" + value)
		if values, err := source.Read(r); !errors.Is(err, runtime.ErrUnreadable) || values != nil {
			t.Errorf("%.50q: %v, %v", value, values, err)
		}
		if err := source.End(nil, r); err != nil {
			t.Errorf("%.50q: ended with %v", value, err)
		}
	}
	if len(old.asked) > 0 {
		t.Errorf("the store was asked for %q", old.asked)
	}
}

type unregistered struct{ Name string }

func TestFromSCSCannotReadEverySession(t *testing.T) {
	later := time.Now().Add(time.Hour)
	gob.RegisterName("old.unregistered", unregistered{})
	whole := encodeSCS(t, later, map[string]any{"x": unregistered{"x"}})
	for name, data := range map[string][]byte{
		"empty":                            {},
		"cut off":                          whole[:len(whole)-3],
		"no gob":                           []byte("\xff\xff\xff\xff"),
		"of a type that is not registered": bytes.Replace(whole, []byte("old.unregistered"), []byte("old.UNREGISTERED"), 1),
		"larger than a mebibyte":           encodeSCS(t, later, map[string]any{"x": make([]byte, 1<<20)}),
	} {
		source := legacy.FromSCS(cookieName, &store{sessions: map[string][]byte{token: data}})
		if values, err := source.Read(request(cookieName + "=" + token)); !errors.Is(err, runtime.ErrUnreadable) || values != nil {
			t.Errorf("%s: %d values, %v", name, len(values), err)
		}
	}
	source := legacy.FromSCS(cookieName, &store{sessions: map[string][]byte{token: encodeSCS(t, time.Now().Add(-time.Second), map[string]any{"x": 1})}})
	if values, err := source.Read(request(cookieName + "=" + token)); err != nil || values != nil {
		t.Errorf("expired: %v, %v", values, err)
	}
}

var hashKey, blockKey = []byte("Vt3Kq9Zs5Lx1Wm7Bn4Gj8Rf2Hd6Yc0Pa"), []byte("Xb6Nw2Ty8Qe4Mk0Z")

// signed is a cookie as securecookie makes it of values at a time, without encrypting them.
func signed(t *testing.T, at time.Time, values map[any]any) string {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(values); err != nil {
		t.Fatal(err)
	}
	dated := strconv.FormatInt(at.Unix(), 10) + "|" + base64.URLEncoding.EncodeToString(b.Bytes())
	mac := hmac.New(sha256.New, hashKey)
	mac.Write([]byte(cookieName + "|" + dated))
	return base64.URLEncoding.EncodeToString(mac.Sum([]byte(dated + "|")))
}

func TestFromGorilla(t *testing.T) {
	unknown := securecookie.New([]byte("Jd4Rz8Wq2Fv6Ks0Xn5Cm9Tb3Lh7Gp1Ye"), nil)
	codec := securecookie.New(hashKey, blockKey)
	source := legacy.FromGorilla(cookieName, unknown, codec)
	if source.Cookie != cookieName || source.End != nil {
		t.Errorf("the cookie is %s, and there is an End: %t", source.Cookie, source.End != nil)
	}
	// Flashes of gorilla/sessions are a []any.
	value, err := codec.Encode(cookieName, map[any]any{"user_id": 7, 2: "two", "_flash": []any{"saved"}})
	if err != nil {
		t.Fatal(err)
	}
	values, err := source.Read(request(cookieName + "=" + value))
	if err != nil || len(values) != 3 || values["user_id"] != 7 || values[2] != "two" || fmt.Sprint(values["_flash"]) != "[saved]" {
		t.Errorf("read %v, %v", values, err)
	}
	for name, r := range map[string]*http.Request{
		"none":           request(),
		"another cookie": request("other=" + value),
		"too long":       request(cookieName + "=" + strings.Repeat("A", 5000)),
	} {
		if values, err := source.Read(r); err != nil || values != nil {
			t.Errorf("%s: %v, %v", name, values, err)
		}
	}
	another, err := codec.Encode("other", map[any]any{"user_id": 7})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"empty": "", "no base64": "x!", "of another name": another, "changed": value[:40] + "A" + value[41:], "padded": value + "=",
	} {
		if values, err := source.Read(request(cookieName + "=" + value)); !errors.Is(err, runtime.ErrUnreadable) || values != nil {
			t.Errorf("%s: %v, %v", name, values, err)
		}
	}
}

// securecookie takes a cookie that was made in the future for a young one.
func TestFromGorillaRefusesTheFuture(t *testing.T) {
	source := legacy.FromGorilla(cookieName, securecookie.New(hashKey, nil).MaxAge(0))
	const day = 24 * time.Hour
	for ahead, accepted := range map[time.Duration]bool{
		0: true, keyring.ClockTolerance / 2: true, keyring.ClockTolerance + time.Minute: false, 5000 * day: false, -399 * day: true, -401 * day: false,
	} {
		values, err := source.Read(request(cookieName + "=" + signed(t, time.Now().Add(ahead), map[any]any{"user_id": 7})))
		if accepted && (err != nil || values["user_id"] != 7) || !accepted && (!errors.Is(err, runtime.ErrUnreadable) || values != nil) {
			t.Errorf("%v ahead: %v, %v", ahead, values, err)
		}
	}
}

// WithLegacy refuses a source that lacks Read.
func TestSourcesWithoutWhatTheyNeed(t *testing.T) {
	for name, source := range map[string]runtime.LegacySource{
		"FromSCS": legacy.FromSCS(cookieName, nil), "FromHashedSCS": legacy.FromHashedSCS(cookieName, nil), "FromGorilla": legacy.FromGorilla(cookieName),
	} {
		if source.Read != nil || source.End != nil || source.Cookie != cookieName {
			t.Errorf("%s makes %+v", name, source)
		}
	}
}
