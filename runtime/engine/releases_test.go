package engine_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/release1"
	"github.com/sessiongen/sessiongen/runtime/internal/release2"
)

// rollout is a site of which two releases run at once.
type rollout struct {
	s      *site
	first  *release1.VisitorManager
	second *release2.VisitorManager
	mu     sync.Mutex
	want   rolledOut // what the writes so far add up to
}

type rolledOut struct{ visits, points, items int }

func newRollout(t *testing.T) *rollout {
	s := newSite(t)
	first, err := release1.NewVisitorManager(s.store, runtime.WithClock(s.clock.Now), runtime.WithEvents(s.record))
	equal(t, err, nil, "error")
	second, err := release2.NewVisitorManager(s.store, runtime.WithClock(s.clock.Now), runtime.WithEvents(s.record))
	equal(t, err, nil, "error")
	return &rollout{s: s, first: first, second: second}
}

func (r *rollout) serve(b *browser, middleware func(http.Handler) http.Handler, handle func(request *http.Request)) {
	w := httptest.NewRecorder()
	middleware(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) { handle(request) })).ServeHTTP(w, b.request("GET"))
	b.keep(w.Result())
	equal(r.s.t, w.Code, http.StatusOK, "status")
}

func (r *rollout) onFirst(b *browser, handle func(v *release1.Visitor)) {
	r.serve(b, r.first.Middleware, func(request *http.Request) { handle(release1.VisitorFrom(request.Context())) })
}

func (r *rollout) onSecond(b *browser, handle func(v *release2.Visitor)) {
	r.serve(b, r.second.Middleware, func(request *http.Request) { handle(release2.VisitorFrom(request.Context())) })
}

func (r *rollout) add(visits, points, items int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.want.visits += visits
	r.want.points += points
	r.want.items += items
}

var names = []string{"ann", "ben", "cho"}

// write makes a change of some kind, on one of the releases.
func (r *rollout) write(b *browser, onFirst bool, kind int) {
	switch {
	case onFirst && kind == 0:
		r.onFirst(b, func(v *release1.Visitor) { v.AddVisits(1); v.SetColor("red") })
		r.add(1, 0, 0)
	case onFirst && kind == 1:
		r.onFirst(b, func(v *release1.Visitor) { v.AppendCart("tea"); v.SetUsername(names[rand.N(3)]) })
		r.add(0, 0, 1)
	case onFirst && kind == 2:
		r.onFirst(b, func(v *release1.Visitor) { v.SetColor("blue"); v.SetNotice("hello") })
	case onFirst:
		r.onFirst(b, func(v *release1.Visitor) { v.TakeNotice(); v.Renew() })
	case kind == 0:
		r.onSecond(b, func(v *release2.Visitor) { v.AddVisits(1); v.AddPoints(1) })
		r.add(1, 1, 0)
	case kind == 1:
		r.onSecond(b, func(v *release2.Visitor) { v.AppendCart("mug"); v.SetName(names[rand.N(3)]) })
		r.add(0, 0, 1)
	case kind == 2:
		r.onSecond(b, func(v *release2.Visitor) { v.AddPoints(2); v.SetNotice("hi") })
		r.add(0, 2, 0)
	default:
		r.onSecond(b, func(v *release2.Visitor) { v.TakeNotice(); v.Renew() })
	}
}

// check reads the session on both releases.
func (r *rollout) check(b *browser, when string) {
	r.s.t.Helper()
	var name string
	r.onFirst(b, func(v *release1.Visitor) {
		name = v.Username()
		equal(r.s.t, fmt.Sprint(v.UserID(), v.Visits(), len(v.Cart())), fmt.Sprint(7, r.want.visits, r.want.items), when+": the first release's user, visits and items")
		equal(r.s.t, v.Color() == "red" || v.Color() == "blue", true, when+": the color, which only the first release knows")
		equal(r.s.t, slices.Contains(names, v.Username()), true, when+": the name")
	})
	r.onSecond(b, func(v *release2.Visitor) {
		equal(r.s.t, fmt.Sprint(v.UserID(), v.Visits(), len(v.Cart())), fmt.Sprint(7, r.want.visits, r.want.items), when+": the second release's user, visits and items")
		equal(r.s.t, v.Points(), r.want.points, when+": the points, which only the second release knows")
		equal(r.s.t, v.Name(), name, when+": the field that was renamed")
	})
	equal(r.s.t, r.s.count(runtime.EventFieldReset)+r.s.count(runtime.EventRecordRefused), 0, when+": fields or records that could not be read")
}

// Two releases of a program run on one store: the second has one more field, one under
// another name, and one less. They write the same sessions by turns and at once, and then
// the second is rolled back, and rolled out again: nothing is misread, nothing erased.
func TestR10_TwoReleasesOnOneStoreAndARollback(t *testing.T) {
	const workers = 8
	writes := 1600
	if long {
		writes = 10_000
	}
	r := newRollout(t)
	b := r.s.browser()
	r.onFirst(b, func(v *release1.Visitor) { v.SetUserID(7); v.SetColor("red"); v.SetUsername("ann") })
	// By turns: the release and the change at random.
	for i := range writes / 4 {
		r.write(b, rand.N(2) == 0, rand.N(4))
		if i%50 == 0 {
			r.check(b, "by turns")
		}
	}
	// At once; who renews the secret has the newest, so that here nobody does.
	var group sync.WaitGroup
	for range workers {
		one := b.clone()
		group.Go(func() {
			for range writes / 4 / workers {
				r.write(one, rand.N(2) == 0, rand.N(3))
			}
		})
	}
	group.Wait()
	r.check(b, "at once")
	// Rolled back, and rolled out again.
	for range writes / 4 {
		r.write(b, true, rand.N(4))
	}
	r.check(b, "rolled back")
	for range writes / 4 {
		r.write(b, false, rand.N(4))
	}
	r.check(b, "rolled out again")
	t.Logf("%d writes by two releases, session of %d visits: 0 errors, 0 fields erased", writes, r.want.visits)
}

// What only one release knows goes when a principal is left, whoever does it.
func TestR10_LeavingAPrincipalErasesTheOtherReleasesFieldsToo(t *testing.T) {
	r := newRollout(t)
	b := r.s.browser()
	r.onSecond(b, func(v *release2.Visitor) { v.SetUserID(7); v.AddPoints(5); v.SetName(canary) })
	r.onFirst(b, func(v *release1.Visitor) { v.SetUserID(8) })
	r.onSecond(b, func(v *release2.Visitor) {
		equal(t, v.UserID(), 8, "user")
		equal(t, v.HasPoints() || v.HasName(), false, "something of the user before")
	})
	rec, err := r.s.store.Store.Load(t.Context(), sessionIDOf(t, b))
	equal(t, err, nil, "error")
	equal(t, strings.Contains(rec.Data, canary), false, "something of the user before in the record")
}
