package redisstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// shopWith is a program that keeps its sessions in a store. Every page but the front page asks
// for the signed-in user.
type shopWith struct {
	t        testing.TB
	visitors *shop.VisitorManager
	mu       sync.Mutex
	events   map[runtime.EventKind]int
	log      bytes.Buffer
}

func newShop(t testing.TB, store runtime.Store, options ...runtime.Option) *shopWith {
	t.Helper()
	s := &shopWith{t: t, events: map[runtime.EventKind]int{}}
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		t.Fatal(err)
	}
	logged := runtime.LogEvents(slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	s.visitors, err = shop.NewVisitorManager(store, append([]runtime.Option{
		runtime.WithKeys(keys),
		runtime.WithEvents(func(ctx context.Context, e runtime.Event) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events[e.Kind]++
			logged(ctx, e)
		}),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shopWith) count(kind runtime.EventKind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events[kind]
}

// browser keeps one program's session cookie.
type browser struct {
	shop   *shopWith
	cookie string
}

const sessionCookie = "__Host-visitor"

// visit makes a request, and keeps the session cookie of the answer.
func (b *browser) visit(handle func(v *shop.Visitor)) int {
	response := b.send(handle)
	for _, cookie := range response.Result().Cookies() {
		if cookie.Name == sessionCookie {
			b.cookie = cookie.Value
		}
	}
	return response.Code
}

func (b *browser) send(handle func(v *shop.Visitor)) *httptest.ResponseRecorder {
	request := httptest.NewRequest("GET", "https://shop.example/", nil)
	if b.cookie != "" {
		request.Header.Set("Cookie", sessionCookie+"="+b.cookie)
	}
	response := httptest.NewRecorder()
	b.shop.visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(shop.VisitorFrom(r.Context()))
	})).ServeHTTP(response, request)
	return response
}

// clone is another tab of the browser, or the same one talking to another process.
func (b *browser) clone() *browser { return &browser{shop: b.shop, cookie: b.cookie} }

func (b *browser) at(other *shopWith) *browser { return &browser{shop: other, cookie: b.cookie} }

// user returns the user that the browser is signed in as. It fails the test if there is none.
func (b *browser) user() (id int64) {
	b.shop.t.Helper()
	if status := b.clone().visit(func(v *shop.Visitor) { id = v.UserID() }); status != http.StatusOK {
		b.shop.t.Fatalf("status %d", status)
	}
	return id
}

func (b *browser) visits() (n int) {
	b.shop.t.Helper()
	if status := b.clone().visit(func(v *shop.Visitor) { n = v.Visits() }); status != http.StatusOK {
		b.shop.t.Fatalf("status %d", status)
	}
	return n
}

func signIn(t testing.TB, s *shopWith, user int64) *browser {
	t.Helper()
	b := &browser{shop: s}
	if status := b.visit(func(v *shop.Visitor) { v.SetUserID(user); v.SetNotice("Welcome") }); status != http.StatusOK || b.cookie == "" {
		t.Fatalf("signing in: status %d", status)
	}
	return b
}

func fresh[T ~[8]byte | ~[16]byte | ~[32]byte]() (v T) {
	switch p := any(&v).(type) {
	case *runtime.Rev:
		rand.Read(p[:])
	case *runtime.ID:
		rand.Read(p[:])
	case *runtime.Term:
		rand.Read(p[:])
	}
	return v
}

func record(terms ...runtime.Term) runtime.Record {
	return runtime.Record{Rev: fresh[runtime.Rev](), Terms: terms, Data: strings.Repeat("x", 200)}
}

func equal[T comparable](t testing.TB, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// long asks for tests at full size, which takes minutes to hours: see .github/CONTRIBUTING.md.
var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

// fill creates sessions with the terms, or each with a term of its own.
func fill(t testing.TB, s *Store, n int, terms ...runtime.Term) []runtime.ID {
	t.Helper()
	const workers = 16
	ids := make([]runtime.ID, n)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for j := i; j < n; j += workers {
				carried := terms
				if carried == nil {
					carried = []runtime.Term{fresh[runtime.Term]()}
				}
				ids[j] = fresh[runtime.ID]()
				if err := s.Create(context.Background(), ids[j], record(carried...), day); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return ids
}

func memory(t testing.TB, client *redis.Client) int {
	t.Helper()
	text, err := client.Info(t.Context(), "memory").Result()
	if err != nil {
		t.Fatal(err)
	}
	used, err := strconv.Atoi(field(text, "used_memory"))
	if err != nil {
		t.Fatal(err)
	}
	return used
}

// closing makes a client that is closed with the test.
func closing[C redis.UniversalClient](t *testing.T, client C) C {
	t.Cleanup(func() { client.Close() })
	return client
}

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "16") // what is parallel here mostly waits
	flag.Parse()
	if !long {
		flag.Set("test.short", "true") // the load under which the suite lets calls race
	}
	redis.SetLogger(quiet{}) // what go-redis says of servers that fail on purpose
	os.Exit(testserver.Run(m))
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// single returns a client of a server by its URL, which may be set up further.
func single(t testing.TB, url string, change ...func(*redis.Options)) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(o)
	}
	client := redis.NewClient(o)
	t.Cleanup(func() { client.Close() })
	return client
}

func clustered(t testing.TB, addresses []string, change ...func(*redis.ClusterOptions)) *redis.ClusterClient {
	t.Helper()
	o := &redis.ClusterOptions{Addrs: addresses}
	for _, f := range change {
		f(o)
	}
	client := redis.NewClusterClient(o)
	t.Cleanup(func() { client.Close() })
	return client
}

func open(t testing.TB, client redis.UniversalClient, options ...Option) *Store {
	t.Helper()
	s, err := New(client, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var day = runtime.TTL{Idle: time.Hour, Life: 24 * time.Hour}

// newClock returns a clock that shows a fraction of a second.
func newClock() *storetest.Clock {
	clock := storetest.NewClock()
	clock.Advance(123 * time.Millisecond)
	return clock
}

func created(t testing.TB, s *Store, ttl runtime.TTL, terms ...runtime.Term) (runtime.ID, runtime.Record) {
	t.Helper()
	id, rec := fresh[runtime.ID](), record(terms...)
	if err := s.Create(t.Context(), id, rec, ttl); err != nil {
		t.Fatal(err)
	}
	return id, rec
}
