package rules

import (
	"context"
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
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// rollout is a site of which two releases run at once.
type rollout struct {
	s      *testsite.Site
	first  *release1.VisitorManager
	second *release2.VisitorManager
	mu     sync.Mutex
	want   rolledOut // what the writes so far add up to
}

type rolledOut struct{ visits, points, items int }

func newRollout(t *testing.T) *rollout {
	s := testsite.New(t)
	first, err := release1.NewVisitorManager(s.Store, runtime.WithClock(s.Clock.Now), runtime.WithEvents(s.Record))
	testsite.Equal(t, err, nil, "error")
	second, err := release2.NewVisitorManager(s.Store, runtime.WithClock(s.Clock.Now), runtime.WithEvents(s.Record))
	testsite.Equal(t, err, nil, "error")
	return &rollout{s: s, first: first, second: second}
}

func (r *rollout) serve(b *testsite.Browser, middleware func(http.Handler) http.Handler, handle func(request *http.Request)) {
	w := httptest.NewRecorder()
	middleware(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) { handle(request) })).ServeHTTP(w, b.Request("GET"))
	b.Keep(w.Result())
	testsite.Equal(r.s.T, w.Code, http.StatusOK, "status")
}

func (r *rollout) onFirst(b *testsite.Browser, handle func(v *release1.Visitor)) {
	r.serve(b, r.first.Middleware, func(request *http.Request) { handle(release1.VisitorFrom(request.Context())) })
}

func (r *rollout) onSecond(b *testsite.Browser, handle func(v *release2.Visitor)) {
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
func (r *rollout) write(b *testsite.Browser, onFirst bool, kind int) {
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
func (r *rollout) check(b *testsite.Browser, when string) {
	r.s.T.Helper()
	var name string
	r.onFirst(b, func(v *release1.Visitor) {
		name = v.Username()
		testsite.Equal(r.s.T, fmt.Sprint(v.UserID(), v.Visits(), len(v.Cart())), fmt.Sprint(7, r.want.visits, r.want.items), when+": the first release's user, visits and items")
		testsite.Equal(r.s.T, v.Color() == "red" || v.Color() == "blue", true, when+": the color, which only the first release knows")
		testsite.Equal(r.s.T, slices.Contains(names, v.Username()), true, when+": the name")
	})
	r.onSecond(b, func(v *release2.Visitor) {
		testsite.Equal(r.s.T, fmt.Sprint(v.UserID(), v.Visits(), len(v.Cart())), fmt.Sprint(7, r.want.visits, r.want.items), when+": the second release's user, visits and items")
		testsite.Equal(r.s.T, v.Points(), r.want.points, when+": the points, which only the second release knows")
		testsite.Equal(r.s.T, v.Name(), name, when+": the field that was renamed")
	})
	testsite.Equal(r.s.T, r.s.Count(runtime.EventFieldReset)+r.s.Count(runtime.EventRecordRefused), 0, when+": fields or records that could not be read")
}

// Two releases of a program run on one store: the second has one more field, one under
// another name, and one less. They write the same sessions by turns and at once, and then
// the second is rolled back, and rolled out again: nothing is misread, nothing erased.
func TestR10_TwoReleasesOnOneStoreAndARollback(t *testing.T) {
	const workers = 8
	writes := 1600
	if testsite.Long {
		writes = 10_000
	}
	r := newRollout(t)
	b := r.s.Browser()
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
		one := b.Clone()
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
	b := r.s.Browser()
	r.onSecond(b, func(v *release2.Visitor) { v.SetUserID(7); v.AddPoints(5); v.SetName(canary) })
	r.onFirst(b, func(v *release1.Visitor) { v.SetUserID(8) })
	r.onSecond(b, func(v *release2.Visitor) {
		testsite.Equal(t, v.UserID(), 8, "user")
		testsite.Equal(t, v.HasPoints() || v.HasName(), false, "something of the user before")
	})
	rec, err := r.s.Store.Store.Load(t.Context(), testsite.SessionIDOf(t, b))
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, strings.Contains(rec.Data, canary), false, "something of the user before in the record")
}

// A renamed principal, and one under its earlier key, list and revoke the same sessions.
func TestR10_ARenamedPrincipalIsFoundByBothReleases(t *testing.T) {
	r := newRollout(t)
	first, second := r.s.Browser(), r.s.Browser()
	signIn := func() {
		r.onFirst(first, func(v *release1.Visitor) { v.SetUserID(7) })
		r.onSecond(second, func(v *release2.Visitor) { v.SetUserID(7) })
	}
	signIn()
	for name, list := range map[string]func(context.Context, int64) ([]runtime.Info, error){"first": r.first.ListByUserID, "second": r.second.ListByUserID} {
		infos, err := list(t.Context(), 7)
		testsite.Equal(t, err, nil, name+": error")
		testsite.Equal(t, len(infos), 2, name+": sessions listed")
	}
	for name, revoke := range map[string]func(context.Context, int64) (int, error){"first": r.first.RevokeByUserID, "second": r.second.RevokeByUserID} {
		count, err := revoke(t.Context(), 7)
		testsite.Equal(t, err, nil, name+": error")
		testsite.Equal(t, count, 2, name+": sessions revoked")
		r.onFirst(second, func(v *release1.Visitor) { testsite.Equal(t, v.UserID(), 0, name+": the second release's user") })
		r.onSecond(first, func(v *release2.Visitor) { testsite.Equal(t, v.UserID(), 0, name+": the first release's user") })
		signIn()
	}
}
