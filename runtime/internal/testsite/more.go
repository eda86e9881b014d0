package testsite

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/record"
)

func IDOf(b *Browser) runtime.ID {
	return See(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID })
}

var Skews = []time.Duration{-5 * time.Minute, 0, 5 * time.Minute}

// Quick is a site with an idle timeout that is no longer than its clocks are apart.
func (s *Site) Quick(idle time.Duration) (replicas []*engine.Manager) {
	for _, skew := range Skews {
		schema := MiniSchema("__Host-mini", nil)
		schema.Idle = idle
		replicas = append(replicas, NewMini(s.T, s, schema, runtime.WithClock(func() time.Time { return s.Clock.Now().Add(skew) })))
	}
	return replicas
}

func SessionIDOf(t testing.TB, b *Browser) runtime.ID {
	t.Helper()
	for _, name := range []string{SessionCookie, "__Host-mini"} {
		if b.Cookies[name] != "" {
			id, _ := TokenOf(t, b.Cookies[name])
			return id
		}
	}
	t.Fatal("no session cookie")
	return runtime.ID{}
}

// Race lets two requests load the same record; first commits, then second.
func Race(b *Browser, first, second func(v *shop.Visitor)) (response *http.Response) {
	other := b.Clone()
	response = b.Visit(func(v *shop.Visitor) {
		other.Visit(first)
		second(v)
	})
	return response
}

// SealedAs makes a signed cookie under another name, as an earlier version of the
// program did.
func (s *Site) SealedAs(t *testing.T, name, value string) string {
	earlier := engine.CookieField[string]{
		Options: cookie.Options{Name: name, Path: "/", Protection: cookie.Signed},
		Text:    cookie.StringText[string](),
	}
	manager, err := engine.NewManager(&engine.Schema{
		Cookies: []engine.CookieDescriptor{&earlier},
		New: func() *engine.Session {
			return new(engine.Session).Bind(new(int), nil, nil, make([]engine.CookieState, 1))
		},
	}, nil, runtime.WithKeys(Keys))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := engine.BindCookie(manager, &earlier).Write(w, value); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0].Value
}

// AllocatedBytes is what do allocates. Other goroutines allocate as well, so that the
// least of several runs counts.
func AllocatedBytes(do func()) uint64 {
	least := ^uint64(0)
	for range 5 {
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		do()
		goruntime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

var ErrDown = errors.New("connection refused")

func Down(calls ...string) func(string) error {
	return func(call string) error {
		for _, c := range calls {
			if c == call {
				return ErrDown
			}
		}
		return nil
	}
}

func (s *Site) RevokeByID(b *Browser) {
	id, _ := TokenOf(s.T, b.Cookies[SessionCookie])
	if err := s.Visitors.Revoke(s.T.Context(), id); err != nil {
		s.T.Error(err)
	}
}

// repeating is a store whose client may repeat calls by itself.
type repeating struct {
	runtime.Store
	runtime.Indexer
}

func (s *Site) Repeating() *shop.VisitorManager {
	s.T.Helper()
	visitors, err := shop.NewVisitorManager(repeating{s.Store, s.Store},
		runtime.WithKeys(Keys), runtime.WithClock(s.Clock.Now), runtime.WithEvents(s.Record))
	if err != nil {
		s.T.Fatal(err)
	}
	return visitors
}

// Once answers the next call of this name with err.
func Once(name string, err error) func(string) error {
	return func(call string) error {
		if call != name {
			return nil
		}
		name = ""
		return err
	}
}

// Rewrite changes the bytes of a record behind the session's back.
func (s *Site) Rewrite(b *Browser, change func(data string) string) {
	s.T.Helper()
	s.RewriteRecord(See(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID }), change)
}

// RewriteRecord is Rewrite for a session of any schema.
func (s *Site) RewriteRecord(id runtime.ID, change func(data string) string) {
	s.T.Helper()
	rec, err := s.Store.Store.Load(s.T.Context(), id)
	if err != nil {
		s.T.Fatal(err)
	}
	old := rec.Rev
	rec.Rev[0]++
	rec.Data = change(rec.Data)
	if err := s.Store.Store.Update(s.T.Context(), id, old, rec, runtime.TTL{Idle: time.Hour / 2}); err != nil {
		s.T.Fatal(err)
	}
}

var label = record.NewLabel("", &cookie.Options{Name: SessionCookie, Path: "/"})

// TokenOf takes a session cookie of the shop apart. The key is that of an application without
// a name.
func TokenOf(t testing.TB, cookie string) (id runtime.ID, key [sha256.Size]byte) {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(raw) != 48 {
		t.Fatalf("not a token: %q", cookie)
	}
	return runtime.ID(raw[:16]), label.Key([32]byte(raw[16:]))
}

// Server runs a handler behind the middleware on a real connection.
func (s *Site) Server(h Handler) (url string) {
	server := httptest.NewServer(s.Visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h(shop.VisitorFrom(r.Context()), w, r)
	})))
	s.T.Cleanup(server.Close)
	return server.URL
}
