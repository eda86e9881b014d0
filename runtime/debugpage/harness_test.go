package debugpage_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/debugpage"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/eventhook"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

const sessionCookie = "__Host-visitor"

// site is a shop whose sessions the page shows.
type site struct {
	t        *testing.T
	store    *sessiontest.Store
	visitors *shop.VisitorManager
	events   *debugpage.Events
	counters *eventhook.Counters
}

func newSite(t *testing.T) *site {
	t.Helper()
	clock := sessiontest.NewClock()
	s := &site{t: t, store: sessiontest.NewStore(t, clock), events: debugpage.NewEvents(20), counters: new(eventhook.Counters)}
	var err error
	s.visitors, err = shop.NewVisitorManager(s.store, runtime.WithKeys(sessiontest.Keys(t)), runtime.WithClock(clock.Now),
		runtime.WithEvents(eventhook.Join(s.events.Record, s.counters.Record)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) page(options ...debugpage.Option) http.Handler {
	return debugpage.New(s.visitors, append([]debugpage.Option{
		debugpage.WithEvents(s.events), debugpage.WithCounters(s.counters)}, options...)...)
}

func (s *site) request(prepare func(*shop.Visitor)) *http.Request {
	s.t.Helper()
	return local(s.t, s.visitors, prepare)
}

// local returns a request of a browser on this machine, with a session that prepare has set.
func local[T any](t *testing.T, visitors sessiontest.Manager[T], prepare func(*T)) *http.Request {
	t.Helper()
	answer := sessiontest.Serve(t, visitors, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		v, _ := engine.Lookup[T](r.Context())
		prepare(v)
	}), httptest.NewRequest("POST", "https://shop.example/", nil))
	r := answer.Next("GET", "/debug/session")
	r.Host, r.RemoteAddr = "localhost:8080", "127.0.0.1:50000"
	r.Header.Set("Sec-Fetch-Site", "none")
	return r
}

func get(page http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	page.ServeHTTP(w, r)
	return w
}

func signedIn(v *shop.Visitor) {
	v.SetUserID(7)
	v.SetUsername("john_doe")
	v.SetPassword("hunter2")
	v.SetFavoriteColor(shop.Green)
	v.SetCampaign("spring-sale")
	v.SetTicket(424242)
}

func (s *site) wants(body string, texts ...string) {
	s.t.Helper()
	wants(s.t, body, texts...)
}

func (s *site) wantsNot(body string, texts ...string) {
	s.t.Helper()
	wantsNot(s.t, body, texts...)
}

func cookieOf(t *testing.T, r *http.Request, name string) string {
	t.Helper()
	c, err := r.Cookie(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c.Value
}

func wants(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("the page does not say %q:\n%s", text, body)
		}
	}
}

func wantsNot(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if text == "" || strings.Contains(body, text) {
			t.Errorf("the page says %q", text)
		}
	}
}
