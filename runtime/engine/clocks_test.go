package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// replicas are processes whose clocks differ from the store's by up to five minutes, and by
// whatever they are set to meanwhile.
type replicas struct {
	managers []*shop.VisitorManager
	offsets  []*clock
}

var skews = []time.Duration{-5 * time.Minute, 0, 5 * time.Minute}

func newReplicas(s *site) *replicas {
	r := &replicas{}
	for _, skew := range skews {
		offset := &clock{now: time.Unix(0, 0).Add(skew)}
		r.offsets = append(r.offsets, offset)
		r.managers = append(r.managers, s.newManager(runtime.WithClock(func() time.Time {
			return s.clock.Now().Add(offset.Now().Sub(time.Unix(0, 0)))
		})))
	}
	return r
}

// The absolute timeout is the store's, whatever the clocks of the replicas say and whichever
// of them is set back or forward meanwhile: a visitor who is busy until then is there
// until then, and not one second longer. If it is the store's clock that is set back, a
// session lives longer by no more than that.
func TestR9_NoSessionOutlivesItsLifetimeOnClocksThatDiffer(t *testing.T) {
	const lifetime = 12 * time.Hour
	rounds := 20
	if long {
		rounds = 1000
	}
	requests := 0
	for round := range rounds {
		random := rand.New(rand.NewPCG(uint64(round), 9))
		s := newSite(t)
		r := newReplicas(s)
		b := s.browser()
		passed, setBack := time.Duration(0), time.Duration(0)
		b.manager = r.managers[random.IntN(3)]
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		for {
			step := time.Second + time.Duration(random.Int64N(int64(26*time.Minute))) // within what a Touch guarantees
			s.clock.advance(step)
			passed += step
			requests++
			b.manager = r.managers[random.IntN(3)]
			switch random.IntN(12) {
			case 0:
				r.offsets[random.IntN(3)].advance(-time.Hour)
			case 1:
				r.offsets[random.IntN(3)].advance(time.Hour)
			case 2:
				if round%2 == 1 {
					s.clock.advance(-5 * time.Minute)
					setBack += 5 * time.Minute
				}
			}
			user := int64(0)
			b.visit(func(v *shop.Visitor) {
				user = v.UserID()
				switch random.IntN(4) {
				case 0:
					v.AddVisits(1)
				case 1:
					v.Renew()
				case 2:
					v.SetRole(fmt.Sprint(random.Int()))
				}
			})
			if passed < lifetime && user != 7 {
				t.Fatalf("round %d: the session ended after %v, though its user was busy", round, passed)
			}
			if passed >= lifetime+setBack && user != 0 {
				t.Fatalf("round %d: the session is alive after %v", round, passed)
			}
			if user == 0 {
				break
			}
		}
	}
	t.Logf("%d sessions, %d requests on 3 replicas: none past its lifetime, and by what the store's clock was set back", rounds, requests)
}

// To sign in is to begin a new lifetime, counted by the store's clock too.
func TestR9_SigningInAgainBeginsANewLifetimeOnAnyReplica(t *testing.T) {
	for i := range skews {
		s := newSite(t)
		r := newReplicas(s)
		b := s.browser()
		b.manager = r.managers[i]
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		busyFor := func(d time.Duration) {
			for ; d > 0; d -= 10 * time.Minute {
				s.clock.advance(min(d, 10*time.Minute))
				b.visit(func(v *shop.Visitor) { v.AddVisits(1) })
			}
		}
		busyFor(11 * time.Hour)
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		busyFor(12*time.Hour - time.Second)
		equal(t, see(b, (*shop.Visitor).UserID), 7, "user a second before the end of the second lifetime")
		s.clock.advance(time.Second)
		equal(t, see(b, (*shop.Visitor).UserID), 0, "user at the end of the second lifetime")
	}
}

// quick is a site with an idle timeout that is no longer than its clocks are apart.
func (s *site) quick(idle time.Duration) (replicas []*engine.Manager) {
	for _, skew := range skews {
		schema := miniSchema("__Host-mini", nil)
		schema.Idle = idle
		replicas = append(replicas, newMini(s.t, s, schema, runtime.WithClock(func() time.Time { return s.clock.Now().Add(skew) })))
	}
	return replicas
}

func visitMini(b *browser, m *engine.Manager, change func(m *mini)) (user int64) {
	w := httptest.NewRecorder()
	m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		v := miniFrom(r)
		user = engine.Get(&v.session, miniUser, &v.user)
		change(v)
	})).ServeHTTP(w, b.request("GET"))
	b.keep(w.Result())
	return user
}

// Clocks five minutes apart and an idle timeout of five minutes: who comes every four
// minutes and a half stays, on whichever replicas, and who stays away for five is out.
func TestR20_AnIdleTimeoutAsLongAsClocksAreApart(t *testing.T) {
	const idle = 5 * time.Minute
	none := func(*mini) {}
	for first := range skews {
		for _, write := range []bool{false, true} {
			s := newSite(t)
			r := s.quick(idle)
			b := s.browser()
			visitMini(b, r[first], func(m *mini) { engine.Set(&m.session, miniUser, &m.user, 7) })
			for i := range 30 {
				s.clock.advance(idle - idle/10 - time.Second)
				equal(t, visitMini(b, r[(first+i)%3], func(m *mini) {
					if write {
						engine.Add(&m.session, miniCount, &m.count, 1)
					}
				}), 7, "user who is busy")
			}
			for i := range r {
				away := b.clone()
				equal(t, visitMini(away, r[i], none), 7, "user at once")
			}
			s.clock.advance(idle - time.Second)
			last := b.clone()
			_, err := s.store.Store.Load(t.Context(), sessionIDOf(t, b))
			equal(t, err, nil, "a second before the timeout")
			s.clock.advance(time.Second)
			equal(t, visitMini(last, r[(first+1)%3], none), 0, "user who was away")
		}
	}
}

func sessionIDOf(t testing.TB, b *browser) runtime.ID {
	t.Helper()
	for _, name := range []string{sessionCookie, "__Host-mini"} {
		if b.cookies[name] != "" {
			id, _ := tokenOf(t, b.cookies[name])
			return id
		}
	}
	t.Fatal("no session cookie")
	return runtime.ID{}
}

// Touches that arrive in another order than they were sent, from programs with other
// timeouts, after the session was written or has ended: none shortens what another one has
// given, and none brings anything back.
func TestR20_TouchesOutOfOrder(t *testing.T) {
	for _, meanwhile := range []string{"nothing", "write", "shorter timeout", "destroy", "expiry"} {
		s := newSite(t)
		slow, other, brief := s.quick(5 * time.Minute)[0], s.quick(5 * time.Minute)[2], s.quick(time.Minute)[1]
		b := s.browser()
		visitMini(b, other, func(m *mini) { engine.Set(&m.session, miniUser, &m.user, 7) })
		id := sessionIDOf(t, b)
		s.clock.advance(2 * time.Minute)
		once := true
		s.store.stand(func(call string) error {
			if call != "touch" || !once {
				return nil
			}
			once = false // the first Touch is under way while all of this happens
			switch meanwhile {
			case "write":
				s.clock.advance(time.Minute)
				visitMini(b.clone(), other, func(m *mini) { engine.Add(&m.session, miniCount, &m.count, 1) })
			case "shorter timeout":
				visitMini(b.clone(), other, func(m *mini) { engine.Add(&m.session, miniCount, &m.count, 1) })
				equal(t, s.store.Touch(context.Background(), id, time.Minute), nil, "error")
			case "destroy":
				visitMini(b.clone(), other, func(m *mini) { m.session.Destroy() })
			case "expiry":
				s.clock.advance(3 * time.Minute)
			}
			return nil
		}, nil)
		equal(t, visitMini(b.clone(), slow, func(*mini) {}), 7, meanwhile+": user of the slow request")
		s.store.stand(nil, nil)
		if meanwhile == "shorter timeout" {
			visitMini(b.clone(), brief, func(*mini) {}) // an earlier release of the program
		}
		rec, err := s.store.Store.Load(t.Context(), id)
		switch meanwhile {
		case "destroy":
			equal(t, err, runtime.ErrGone, meanwhile)
		case "expiry":
			equal(t, err, runtime.ErrNotFound, meanwhile)
		default:
			equal(t, err, nil, meanwhile+": error")
			equal(t, rec.Idle, 5*time.Minute, meanwhile+": what is left of the idle timeout")
		}
	}
}
