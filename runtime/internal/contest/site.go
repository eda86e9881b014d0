package contest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Ground is a store for programs to meet on.
type Ground struct {
	// Open returns the store as one more program sees it: with connections of its
	// own, where it has any.
	Open func(t testing.TB) runtime.Store

	// OpenThrough is Open for a store in which the calls to be carried by a line are those of
	// another store, which around gets; nil where they are the store's own.
	OpenThrough func(t testing.TB, around func(runtime.Store) runtime.Store) runtime.Store

	// LastWins says that of two responses to one browser the last one wins, and what the other
	// has stored is lost: the sessions are sealed.
	LastWins bool

	// Age makes a session, or all of them, as old as if nobody had come for so long.
	Age func(t testing.TB, id runtime.ID, by time.Duration)

	// Refusals is how many of a thousand requests may be answered with an error page
	// when very many write to one session: none, unless the store's client repeats
	// calls by itself.
	Refusals int
}

// program serves requests. It waits for the store longer than an application
// would: how fast the machine is makes no difference to what must hold.
type program struct {
	t        testing.TB
	visitors *VisitorManager
}

func (g Ground) program(t testing.TB, options ...runtime.Option) *program {
	t.Helper()
	p := &program{t: t}
	var err error
	p.visitors, err = NewVisitorManager(g.Open(t), append(common(), options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// common returns the options of all programs.
func common() []runtime.Option {
	return []runtime.Option{
		runtime.WithTimeout(time.Minute),
		runtime.WithEvents(func(ctx context.Context, e runtime.Event) {
			if a, ok := ctx.Value(answerKey{}).(*answer); ok {
				a.note(e)
			}
		}),
	}
}

func (g Ground) programs(t testing.TB) []*program {
	t.Helper()
	return []*program{g.program(t), g.program(t)}
}

// answer is what comes of a request.
type answer struct {
	status int
	sent   []string // values of the session cookies that it sets, without those it deletes

	mu     sync.Mutex
	events []runtime.Event
}

type answerKey struct{}

func (a *answer) note(e runtime.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, e)
}

// noted returns the number of events so far.
func (a *answer) noted() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.events)
}

// since returns the events behind the first ones.
func (a *answer) since(noted int) []runtime.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.events[noted:len(a.events):len(a.events)]
}

// has says how many events of a kind the request has raised.
func (a *answer) has(kind runtime.EventKind) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// why tells of an error page.
func (a *answer) why() (err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.events {
		if e.Err != nil {
			err = e.Err
		}
	}
	return err
}

const cookieName = "__Host-visitor"

// request serves one request with a value of the session cookie, "" for none.
func (p *program) request(cookie string, handle func(v *Visitor)) *answer {
	a := &answer{}
	r := httptest.NewRequest("GET", "https://shop.example/", nil)
	r = r.WithContext(context.WithValue(r.Context(), answerKey{}, a))
	if cookie != "" {
		r.Header.Set("Cookie", cookieName+"="+cookie)
	}
	w := httptest.NewRecorder()
	p.visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		handle(VisitorFrom(r.Context()))
	})).ServeHTTP(w, r)
	a.status = w.Code
	for _, line := range w.Result().Header["Set-Cookie"] {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		if name == cookieName && !strings.Contains(attributes, "Max-Age=0") {
			a.sent = append(a.sent, value)
		}
	}
	return a
}

// served is request for one that nothing stands in the way of. It returns the
// cookie that the browser has afterwards.
func (p *program) served(cookie string, handle func(v *Visitor)) string {
	p.t.Helper()
	a := p.request(cookie, handle)
	if a.status != http.StatusOK {
		p.t.Fatalf("status %d: %v", a.status, a.why())
	}
	if len(a.sent) > 0 {
		return a.sent[len(a.sent)-1]
	}
	return cookie
}

// signIn returns the cookie of a new session and its ID.
func (p *program) signIn(user string) (cookie string, id runtime.ID) {
	p.t.Helper()
	cookie = p.served("", func(v *Visitor) {
		v.SetUser(user)
		v.SetNotice("Welcome")
	})
	p.served(cookie, func(v *Visitor) { id = v.Info().ID })
	return cookie, id
}

// user is whom a cookie shows to be signed in, "" for nobody.
func (p *program) user(cookie string) (name string) {
	p.t.Helper()
	p.served(cookie, func(v *Visitor) { name = v.User() })
	return name
}

// overAndDone checks that of a session nothing is left: no cookie that it has ever
// had opens it, and no list shows it.
func overAndDone(t testing.TB, programs []*program, user string, cookies []string, what string) {
	t.Helper()
	slices.Sort(cookies)
	for _, p := range programs {
		for i, cookie := range slices.Compact(slices.Clone(cookies)) {
			if got := p.user(cookie); got != "" {
				t.Errorf("%s: cookie %d of the session that has ended signs in %q", what, i+1, got)
			}
		}
		infos, err := p.visitors.ListByUser(t.Context(), user)
		if len(infos) != 0 || err != nil {
			t.Errorf("%s: %d sessions are listed, %v", what, len(infos), err)
		}
	}
}
