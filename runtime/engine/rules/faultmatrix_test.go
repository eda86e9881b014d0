package rules

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// strike is a way in which the calls of a store fail from the n-th on.
type strike struct {
	name string
	acts bool // the call that is struck has its effect, and only its answer is lost
	hang bool // the answer does not come until the caller gives up
	last bool // the calls behind it fail too
	then bool // and those do not act, though the one that was struck did
}

var strikes = []strike{
	{name: "refused once"},
	{name: "reply lost once", acts: true},
	{name: "refused from then on", last: true},
	{name: "replies lost from then on", acts: true, last: true},
	{name: "reply lost, then refused", acts: true, last: true, then: true},
	{name: "no answer", hang: true},
	{name: "done, and no answer", hang: true, acts: true},
}

// struck is a store that fails while a test has armed it.
type struck struct {
	*testsite.Watched
	mu     sync.Mutex
	armed  bool
	at     int // the call that is struck; 0: none
	strike strike
	calls  []string
	ids    map[runtime.ID]bool // of records that were created
}

func (f *struck) call(ctx context.Context, name string, do func() error) error {
	f.mu.Lock()
	armed, at, n := f.armed, f.at, len(f.calls)+1
	if armed {
		f.calls = append(f.calls, name)
	}
	f.mu.Unlock()
	if !armed || at == 0 || n < at || n > at && !f.strike.last {
		return do()
	}
	if f.strike.acts && (n == at || !f.strike.then) {
		_ = do()
	}
	if f.strike.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return testsite.ErrDown
}

func (f *struck) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	f.mu.Lock()
	f.ids[id] = true
	f.mu.Unlock()
	return f.call(ctx, "create", func() error { return f.Watched.Create(ctx, id, rec, ttl) })
}

func (f *struck) Load(ctx context.Context, id runtime.ID) (rec runtime.Record, err error) {
	if err := f.call(ctx, "load", func() error {
		rec, err = f.Watched.Load(ctx, id)
		return err
	}); err != nil {
		return runtime.Record{}, err
	}
	return rec, nil
}

func (f *struck) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	return f.call(ctx, "update", func() error { return f.Watched.Update(ctx, id, old, rec, ttl) })
}

func (f *struck) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	return f.call(ctx, "touch", func() error { return f.Watched.Touch(ctx, id, idle) })
}

func (f *struck) Delete(ctx context.Context, id runtime.ID) error {
	return f.call(ctx, "delete", func() error { return f.Watched.Delete(ctx, id) })
}

func (f *struck) List(ctx context.Context, t runtime.Term, after runtime.ID, max int) (ids []runtime.ID, records []runtime.Record, err error) {
	err = f.call(ctx, "list", func() error {
		ids, records, err = f.Watched.List(ctx, t, after, max)
		return err
	})
	return ids, records, err
}

func (f *struck) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (n int, err error) {
	err = f.call(ctx, "revoke", func() error {
		n, err = f.Watched.Revoke(ctx, t, keep)
		return err
	})
	return n, err
}

// outcome is what is left of a request.
type outcome struct {
	status    int
	body      string
	header    http.Header
	committed error // what Commit said, if the handler called it
	ran       bool
	early     int // calls before the handler ran
	calls     []string
	took      time.Duration
	failed    int    // events
	stored    string // in the store
	seen      string // by the browser, which has followed the response
	again     int    // status of its next write
	useless   bool   // the response has a session cookie that opens nothing
}

// seenBy is what a browser sees of its session.
func seenBy(b *testsite.Browser) string {
	return testsite.See(b, func(v *shop.Visitor) string {
		return fmt.Sprint(v.UserID(), v.Role(), v.Team(), v.Username(), v.Visits(), v.Cart(), v.Notice())
	})
}

// play makes the scenario's request, up to one of its stages: -1 is a request that
// changes nothing.
func (c *faultScenario) play(t *testing.T, stage, at int, how strike, byHandler bool) (o outcome) {
	s := testsite.New(t)
	store := &struck{Watched: s.Store, at: at, strike: how, ids: map[runtime.ID]bool{}}
	build := func(options []runtime.Option) *shop.VisitorManager {
		visitors, err := shop.NewVisitorManager(store, append([]runtime.Option{
			runtime.WithKeys(testsite.Keys), runtime.WithClock(s.Clock.Now), runtime.WithEvents(s.Record),
		}, options...)...)
		testsite.Equal(t, err, nil, "error")
		return visitors
	}
	act := func(*shop.Visitor) {}
	options := c.options
	if stage >= 0 {
		act = c.stages[stage].act
		if c.stages[stage].unlimited {
			options = nil
		}
	}
	b, other := s.Browser(), s.Browser()
	b.Manager, other.Manager = build(options), build(nil)
	c.prepare(b, other)
	before := b.Clone()
	names := map[runtime.ID]string{}
	for name, one := range map[string]*testsite.Browser{"own": b, "other": other} {
		if cookie := one.Cookies[testsite.SessionCookie]; cookie != "" {
			id, _ := testsite.TokenOf(t, cookie)
			names[id] = name
		}
	}
	arm := func(armed bool) { store.mu.Lock(); store.armed = armed; store.mu.Unlock() }
	arm(true)
	start := time.Now()
	response := before.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		arm(false)
		o.ran, o.early = true, len(store.calls)
		if c.loaded != nil {
			c.loaded(b, other)
		}
		arm(true)
		if c.late {
			w.WriteHeader(http.StatusOK)
		}
		w.Header().Set("Location", "/welcome")
		act(v)
		if byHandler {
			o.committed = v.Commit(r.Context())
		}
		_, _ = io.WriteString(w, "welcome")
	})
	o.took = time.Since(start)
	arm(false)
	if !o.ran && c.loaded != nil {
		c.loaded(b, other)
	}
	b.Keep(response)
	body, _ := io.ReadAll(response.Body)
	o.status, o.body, o.header, o.calls, o.failed = response.StatusCode, string(body), response.Header, store.calls, s.Count(runtime.EventStoreFailed)
	for id := range store.ids {
		if names[id] == "" {
			names[id] = "new"
		}
	}
	o.useless = opensNothing(t, s.Store, response)
	o.stored, o.seen = snapshot(t, s.Store, maps.Clone(names)), seenBy(b)
	o.again = b.Visit(func(v *shop.Visitor) { v.AddVisits(1) }).StatusCode
	return o
}

// opensNothing says whether a response has a session cookie that is not that of a record.
func opensNothing(t *testing.T, store runtime.Store, response *http.Response) bool {
	for _, line := range response.Header["Set-Cookie"] {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		if name != testsite.SessionCookie || strings.Contains(attributes, "Max-Age=0") {
			continue
		}
		id, key := testsite.TokenOf(t, value)
		rec, err := store.Load(t.Context(), id)
		return err != nil || keyOf(t, rec) != string(key[:])
	}
	return false
}

// A store that fails at any of its calls, in any way: what is stored is what there was
// before or what there is after, the response says which, and the browser that follows
// it is in one of the two. Nobody is let in as nobody.
func TestR4_AStoreThatFailsAtAnyCall(t *testing.T) {
	cases := 0
	for _, c := range faultScenarios {
		t.Run(c.name, func(t *testing.T) {
			var wanted []outcome // of no stage, the first, and so on
			for stage := -1; stage < len(c.stages); stage++ {
				synctest.Test(t, func(t *testing.T) { wanted = append(wanted, c.play(t, stage, 0, strike{}, false)) })
			}
			clean := wanted[len(wanted)-1]
			testsite.Equal(t, clean.status, 200, "status without a fault")
			if c.name == "anonymous read" {
				testsite.Equal(t, len(clean.calls), 0, "store calls")
			}
			for at := 1; at <= len(clean.calls); at++ {
				for _, how := range strikes {
					for _, byHandler := range []bool{false, true} {
						name := fmt.Sprintf("%s %d %s, commit by the handler: %v", clean.calls[at-1], at, how.name, byHandler)
						t.Run(name, func(t *testing.T) {
							synctest.Test(t, func(t *testing.T) {
								c.judge(t, wanted, c.play(t, len(c.stages)-1, at, how, byHandler), at, how, byHandler)
							})
						})
						cases++
					}
				}
			}
		})
	}
	t.Logf("%d faults in %d scenarios", cases, len(faultScenarios))
}

// judge compares what is left with what there may be.
func (c *faultScenario) judge(t *testing.T, wanted []outcome, o outcome, at int, how strike, byHandler bool) {
	last := len(wanted) - 1
	stored := slices.IndexFunc(wanted, func(w outcome) bool { return w.stored == o.stored })
	seen := slices.IndexFunc(wanted, func(w outcome) bool { return w.seen == o.seen })
	if stored < 0 {
		t.Fatalf("neither before nor after: status %d\n%s\nwant\n%s\nor\n%s", o.status, o.stored, wanted[0].stored, wanted[last].stored)
	}
	early := at <= wanted[last].early
	touch := wanted[last].calls[at-1] == "touch"
	status := 503
	if touch || c.late && !early || !how.last && !how.hang && !early {
		status = 200
	}
	testsite.Equal(t, o.status, status, "status")
	testsite.Equal(t, o.ran, !early, "the handler has run")
	testsite.Equal(t, o.again, 200, "status of the browser's next write")
	testsite.Equal(t, o.useless, false, "the response has a session cookie that opens nothing")
	if o.took > 5*time.Second {
		t.Errorf("it took %v", o.took)
	}

	told := status == 200 // as far as the request could be told
	if c.late && !early {
		told = !how.last && !how.hang
		testsite.Equal(t, o.failed > 0, !told, "an event that the store failed")
	}
	if byHandler && !early && !touch {
		testsite.Equal(t, o.committed == nil, told, "Commit reports success")
		if !told && !errors.Is(o.committed, testsite.ErrDown) && !errors.Is(o.committed, context.DeadlineExceeded) {
			t.Errorf("Commit: %v", o.committed)
		}
	}
	switch {
	case told && !touch:
		testsite.Equal(t, o.stored, wanted[last].stored, "stored after a success")
		testsite.Equal(t, o.seen, wanted[last].seen, "seen after a success")
	case !how.acts && len(c.stages) == 1:
		testsite.Equal(t, o.stored, wanted[0].stored, "stored, where nothing was done")
		testsite.Equal(t, o.seen, wanted[0].seen, "seen, where nothing was done")
	case !how.acts && !touch && last > 0 && wanted[last].stored != wanted[last-1].stored:
		testsite.Equal(t, o.stored != wanted[last].stored, true, "less than all is stored")
	}
	if seen < 0 && !(c.renews && how.acts && strings.HasPrefix(o.seen, "0")) {
		t.Errorf("the browser is in neither of the two: %s", o.seen)
	}
	if status == 503 {
		testsite.Equal(t, o.header.Get("Location"), "", "Location")
		testsite.Equal(t, o.header.Get("Cache-Control"), "no-store", "Cache-Control")
		if strings.Contains(o.body, "welcome") || strings.Contains(o.body, testsite.ErrDown.Error()) {
			t.Errorf("body: %s", o.body)
		}
		if slices.ContainsFunc(o.header["Set-Cookie"], func(line string) bool {
			return strings.HasPrefix(line, testsite.SessionCookie+"=") && !strings.Contains(line, "Max-Age=0")
		}) {
			testsite.Equal(t, o.seen, wanted[stored].seen, "seen with the cookie of the error page")
		}
	}
}
