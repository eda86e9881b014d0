package web_test

import (
	"context"
	"crypto/rand"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sessiongen/sessiongen/example/web"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

const sessionCookie = "__Host-visitor"

// watchedStore counts the sessions that were stored, and can make requests overlap.
type watchedStore struct {
	*memstore.Store
	created atomic.Int64
	awaited atomic.Int64 // how many more sessions are to be loaded
	loaded  chan struct{}
}

// gather makes the next n requests wait for each other, each with its session
// loaded and nothing changed yet.
func (s *watchedStore) gather(n int64) {
	s.loaded = make(chan struct{})
	s.awaited.Store(n)
}

func (s *watchedStore) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	rec, err := s.Store.Load(ctx, id)
	switch left := s.awaited.Add(-1); {
	case left > 0:
		<-s.loaded
	case left == 0:
		close(s.loaded)
	}
	return rec, err
}

func (s *watchedStore) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	s.created.Add(1)
	return s.Store.Create(ctx, id, rec, ttl)
}

// shop is a running site.
type shop struct {
	*httptest.Server
	store *watchedStore
}

func newKeys(t *testing.T) *runtime.Keys {
	t.Helper()
	secret := make([]byte, 32)
	rand.Read(secret)
	keys, err := runtime.NewKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func newHandler(t *testing.T, store runtime.Store, keys *runtime.Keys) http.Handler {
	t.Helper()
	handler, err := web.New(store, keys)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func open(t *testing.T) *shop {
	t.Helper()
	store := &watchedStore{Store: memstore.New()}
	t.Cleanup(func() { store.Close() })
	s := serve(t, store, newKeys(t))
	s.store = store
	return s
}

// serve runs the site with another store than open does.
func serve(t *testing.T, store runtime.Store, keys *runtime.Keys) *shop {
	t.Helper()
	server := httptest.NewTLSServer(newHandler(t, store, keys))
	t.Cleanup(server.Close)
	return &shop{Server: server}
}

// browser keeps cookies, and follows no redirect by itself.
type browser struct {
	t      *testing.T
	shop   *shop
	client http.Client
	agent  string
}

func (s *shop) browser(t *testing.T, agent string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{
		Transport:     s.Client().Transport,
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &browser{t, s, client, agent}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	text string
}

func (b *browser) do(r *http.Request) answer {
	b.t.Helper()
	r.Header.Set("User-Agent", b.agent)
	response, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{response, html.UnescapeString(string(body))}
}

func (b *browser) request(method, path string, form url.Values) *http.Request {
	b.t.Helper()
	r, err := http.NewRequest(method, b.shop.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.do(b.request("GET", path, nil))
}

// post sends a form, given as names and values, that is answered by a redirect.
func (b *browser) post(path string, fields ...string) answer {
	b.t.Helper()
	a := b.do(b.request("POST", path, form(fields...)))
	if a.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("POST %s was answered by %s", path, a.Status)
	}
	return a
}

func form(fields ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return values
}

// cookie is what the browser would send, "" for none.
func (b *browser) cookie(name string) string {
	b.t.Helper()
	at, err := url.Parse(b.shop.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (b *browser) setCookie(name, value string) {
	b.t.Helper()
	at, err := url.Parse(b.shop.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: true}})
}

// sent is the Set-Cookie header for a cookie, "" for none.
func (a answer) sent(name string) string {
	for _, line := range a.Header["Set-Cookie"] {
		if strings.HasPrefix(line, name+"=") {
			return line
		}
	}
	return ""
}

func (b *browser) wants(a answer, parts ...string) {
	b.t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.text, part) {
			b.t.Errorf("%s %s does not say %q", a.Request.Method, a.Request.URL.Path, part)
		}
	}
}

func (b *browser) wantsNot(a answer, parts ...string) {
	b.t.Helper()
	for _, part := range parts {
		if strings.Contains(a.text, part) {
			b.t.Errorf("%s %s says %q", a.Request.Method, a.Request.URL.Path, part)
		}
	}
}

const signedInAsJohn = `<span id="username">john_doe</span>`

func TestASVS_7_6_2_StrangersCostNothing(t *testing.T) {
	shop := open(t)
	stranger := shop.browser(t, "curl/8")
	for path, status := range map[string]int{
		"/": 200, "/cart": 200, "/wishes": 200, "/sign-in": 200, "/record": 200, "/goodbye": 200,
		"/account": 303, "/back-room": 403, "/nothing": 404, "/assets/style.css": 200, "/assets/theme.js": 200,
	} {
		a := stranger.get(path)
		if a.StatusCode != status {
			t.Errorf("GET %s was answered by %s, want %d", path, a.Status, status)
		}
		if sent := a.Header["Set-Cookie"]; sent != nil {
			t.Errorf("GET %s sets a cookie: %s", path, sent)
		}
	}
	// Nor do forms that have nothing to change.
	for _, path := range []string{
		"/sign-out", "/end-session", "/cart/remove", "/cart/wrap", "/cart/order", "/wishes/remove",
		"/devices/sign-out-others", "/back-room/open", "/back-room/leave", "/record/renew",
	} {
		if a := stranger.post(path); a.sent(sessionCookie) != "" {
			t.Errorf("POST %s begins a session", path)
		}
	}
	if n := shop.store.created.Load(); n != 0 {
		t.Errorf("%d sessions were stored for a stranger", n)
	}
}

// Every form of the shop, as site.go lists them, sent by another site that the visitor looks at: nothing is done, and the
// visitor is told why. From the shop's own pages each one is answered.
func TestASVS_3_5_1_FormsOfOtherSitesAreRefused(t *testing.T) {
	source, err := os.ReadFile("site.go")
	if err != nil {
		t.Fatal(err)
	}
	routes := regexp.MustCompile(`"POST (/[^"]*)"`).FindAllStringSubmatch(string(source), -1)
	if len(routes) < 15 {
		t.Fatalf("only %d forms were found", len(routes))
	}
	shop := open(t)
	john := shop.browser(t, "Firefox")
	john.post("/sign-in", "username", "john_doe")
	john.post("/cart/add", "sku", "harbour")
	before := john.cookie(sessionCookie)
	fields := form("username", "jane_roe", "sku", "damson", "color", "plum", "theme", "dark", "word", "ultramarine", "index", "0")
	for _, route := range routes {
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example", "Sec-Fetch-Site ": "same-site", "Origin ": "null"} {
			r := john.request("POST", route[1], fields)
			r.Header.Set(strings.TrimSpace(name), value)
			a := john.do(r)
			if a.StatusCode != http.StatusForbidden || a.Header["Set-Cookie"] != nil {
				t.Errorf("POST %s with %s: %s is answered by %s, with the cookies %q", route[1], name, value, a.Status, a.Header["Set-Cookie"])
			}
			john.wants(a, "came from another site")
		}
	}
	john.wants(john.get("/cart"), signedInAsJohn, "One bottle")
	if john.cookie(sessionCookie) != before {
		t.Error("the session has another secret")
	}
	for _, route := range routes {
		jane := shop.browser(t, "Firefox")
		r := jane.request("POST", route[1], fields)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", shop.URL)
		if a := jane.do(r); a.StatusCode == http.StatusForbidden || a.StatusCode >= 500 {
			t.Errorf("POST %s from the shop itself is answered by %s", route[1], a.Status)
		}
	}
}

func TestEveryPageShowsTheCodeBehindIt(t *testing.T) {
	shop := open(t)
	b := shop.browser(t, "Firefox")
	b.wants(b.get("/"), `type</span> visitor <span class="keyword">struct`, `session:"user_id,principal"`)
	b.wants(b.get("/sign-in"), "v.SetUserID(user.ID)")
	b.wants(b.get("/cart"), "v.AppendCart(")
	b.post("/sign-in", "username", "john_doe")
	b.wants(b.get("/account"), "v.RevokeOthers()")
	for _, path := range []string{"/", "/cart", "/wishes", "/sign-in", "/account", "/record", "/goodbye", "/back-room"} {
		b.wantsNot(b.get(path), "</code><span></span>") // a summary without a sentence
	}
}

func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	shop := open(t)
	b := shop.browser(t, "Firefox")
	for _, path := range []string{"/", "/record", "/assets/style.css", "/assets/theme.js", "/assets/icon.svg"} {
		a := b.get(path)
		text := strings.ReplaceAll(a.text, `xmlns="http://www.w3.org/2000/svg"`, "")
		if strings.Contains(text, "http://") || strings.Contains(text, "https://") || strings.Contains(text, "url(//") {
			t.Errorf("%s names another site", path)
		}
	}
	if policy := b.get("/").Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("Content-Security-Policy is %q", policy)
	}
}
