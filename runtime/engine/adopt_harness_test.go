package engine_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/gob"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/legacy"
)

// oldStore has the methods of a store of scs.
type oldStore struct {
	mu       sync.Mutex
	sessions map[string][]byte
	finds    int
	err      error // of every call
	undying  error // of every Delete
}

func (o *oldStore) Find(token string) ([]byte, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finds++
	data, found := o.sessions[token]
	return data, found, o.err
}

func (o *oldStore) Delete(token string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := errors.Join(o.err, o.undying); err != nil {
		return err
	}
	delete(o.sessions, token)
	return nil
}

func (o *oldStore) fail(all, deleting error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err, o.undying = all, deleting
}

// asSCS is what scs writes for values.
func asSCS(t testing.TB, deadline time.Time, values map[string]any) []byte {
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

func oldToken() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// oldLibrary is one that a shop has moved from.
type oldLibrary struct {
	name   string
	source legacy.Source
	store  *oldStore // nil: the session is all in its cookie
	issue  func(t testing.TB, values map[string]any) (cookie string)
}

const oldCookie = "session"

func oldLibraries() []*oldLibrary {
	store := &oldStore{sessions: map[string][]byte{}}
	codec := securecookie.New(legacyHashKey, legacyBlockKey)
	return []*oldLibrary{{
		name: "scs", source: legacy.FromSCS(oldCookie, store), store: store,
		issue: func(t testing.TB, values map[string]any) string {
			token := oldToken()
			store.mu.Lock()
			defer store.mu.Unlock()
			store.sessions[token] = asSCS(t, time.Now().Add(time.Hour), values)
			return token
		},
	}, {
		name: "gorilla", source: legacy.FromGorilla(oldCookie, codec),
		issue: func(t testing.TB, values map[string]any) string {
			all := map[any]any{}
			for key, value := range values {
				all[key] = value
			}
			return encodeLegacy(t, codec, oldCookie, all)
		},
	}}
}

func fillVisitor(v *shop.Visitor, old map[any]any) error {
	if id, ok := old["user_id"].(int64); ok {
		v.SetUserID(id)
	}
	if name, ok := old["name"].(string); ok {
		v.SetUsername(name)
	}
	if visits, ok := old["visits"].(int); ok {
		v.AddVisits(visits)
	}
	return nil
}

// moved is a shop that has moved from a library, and a browser that it knew before.
func moved(t *testing.T, from *oldLibrary) (*testsite.Site, *testsite.Browser) {
	t.Helper()
	s := NewNow(t)
	s.Visitors = s.NewManager(runtime.WithLegacy(s.Clock.Now().AddDate(0, 1, 0), from.source, fillVisitor))
	b := s.Browser()
	b.Cookies[oldCookie] = from.issue(t, map[string]any{"user_id": int64(7), "name": "ada", "visits": 3})
	return s, b
}

var errOldStore = errors.New("the old store is down")
