package rules

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
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// replicas are processes whose clocks differ from the store's by up to five minutes, and by
// whatever they are set to meanwhile.
type replicas struct {
	managers []*shop.VisitorManager
	offsets  []*testsite.Clock
}

func newReplicas(s *testsite.Site) *replicas {
	r := &replicas{}
	for _, skew := range testsite.Skews {
		offset := &testsite.Clock{At: time.Unix(0, 0).Add(skew)}
		r.offsets = append(r.offsets, offset)
		r.managers = append(r.managers, s.NewManager(runtime.WithClock(func() time.Time {
			return s.Clock.Now().Add(offset.Now().Sub(time.Unix(0, 0)))
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
	if testsite.Long {
		rounds = 1000
	}
	requests := 0
	for round := range rounds {
		random := rand.New(rand.NewPCG(uint64(round), 9))
		s := testsite.New(t)
		r := newReplicas(s)
		b := s.Browser()
		passed, setBack := time.Duration(0), time.Duration(0)
		b.Manager = r.managers[random.IntN(3)]
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		for {
			step := time.Second + time.Duration(random.Int64N(int64(26*time.Minute))) // within what a Touch guarantees
			s.Clock.Advance(step)
			passed += step
			requests++
			b.Manager = r.managers[random.IntN(3)]
			switch random.IntN(12) {
			case 0:
				r.offsets[random.IntN(3)].Advance(-time.Hour)
			case 1:
				r.offsets[random.IntN(3)].Advance(time.Hour)
			case 2:
				if round%2 == 1 {
					s.Clock.Advance(-5 * time.Minute)
					setBack += 5 * time.Minute
				}
			}
			user := int64(0)
			b.Visit(func(v *shop.Visitor) {
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
	for i := range testsite.Skews {
		s := testsite.New(t)
		r := newReplicas(s)
		b := s.Browser()
		b.Manager = r.managers[i]
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		busyFor := func(d time.Duration) {
			for ; d > 0; d -= 10 * time.Minute {
				s.Clock.Advance(min(d, 10*time.Minute))
				b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
			}
		}
		busyFor(11 * time.Hour)
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		busyFor(12*time.Hour - time.Second)
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user a second before the end of the second lifetime")
		s.Clock.Advance(time.Second)
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user at the end of the second lifetime")
	}
}

func visitMini(b *testsite.Browser, m *engine.Manager, change func(m *testsite.Mini)) (user int64) {
	w := httptest.NewRecorder()
	m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		v := testsite.MiniFrom(r)
		user = engine.Get(&v.Session, testsite.MiniUser, &v.User)
		change(v)
	})).ServeHTTP(w, b.Request("GET"))
	b.Keep(w.Result())
	return user
}

// Clocks five minutes apart and an idle timeout of five minutes: who comes every four
// minutes and a half stays, on whichever replicas, and who stays away for five is out.
func TestR20_AnIdleTimeoutAsLongAsClocksAreApart(t *testing.T) {
	const idle = 5 * time.Minute
	none := func(*testsite.Mini) {}
	for first := range testsite.Skews {
		for _, write := range []bool{false, true} {
			s := testsite.New(t)
			r := s.Quick(idle)
			b := s.Browser()
			visitMini(b, r[first], func(m *testsite.Mini) { engine.Set(&m.Session, testsite.MiniUser, &m.User, 7) })
			for i := range 30 {
				s.Clock.Advance(idle - idle/10 - time.Second)
				testsite.Equal(t, visitMini(b, r[(first+i)%3], func(m *testsite.Mini) {
					if write {
						engine.Add(&m.Session, testsite.MiniCount, &m.Count, 1)
					}
				}), 7, "user who is busy")
			}
			for i := range r {
				away := b.Clone()
				testsite.Equal(t, visitMini(away, r[i], none), 7, "user at once")
			}
			s.Clock.Advance(idle - time.Second)
			last := b.Clone()
			_, err := s.Store.Store.Load(t.Context(), testsite.SessionIDOf(t, b))
			testsite.Equal(t, err, nil, "a second before the timeout")
			s.Clock.Advance(time.Second)
			testsite.Equal(t, visitMini(last, r[(first+1)%3], none), 0, "user who was away")
		}
	}
}

// Touches that arrive in another order than they were sent, from programs with other
// timeouts, after the session was written or has ended: none shortens what another one has
// given, and none brings anything back.
func TestR20_TouchesOutOfOrder(t *testing.T) {
	for _, meanwhile := range []string{"nothing", "write", "shorter timeout", "destroy", "expiry"} {
		s := testsite.New(t)
		slow, other, brief := s.Quick(5 * time.Minute)[0], s.Quick(5 * time.Minute)[2], s.Quick(time.Minute)[1]
		b := s.Browser()
		visitMini(b, other, func(m *testsite.Mini) { engine.Set(&m.Session, testsite.MiniUser, &m.User, 7) })
		id := testsite.SessionIDOf(t, b)
		s.Clock.Advance(2 * time.Minute)
		once := true
		s.Store.Stand(func(call string) error {
			if call != "touch" || !once {
				return nil
			}
			once = false // the first Touch is under way while all of this happens
			switch meanwhile {
			case "write":
				s.Clock.Advance(time.Minute)
				visitMini(b.Clone(), other, func(m *testsite.Mini) { engine.Add(&m.Session, testsite.MiniCount, &m.Count, 1) })
			case "shorter timeout":
				visitMini(b.Clone(), other, func(m *testsite.Mini) { engine.Add(&m.Session, testsite.MiniCount, &m.Count, 1) })
				testsite.Equal(t, s.Store.Touch(context.Background(), id, time.Minute), nil, "error")
			case "destroy":
				visitMini(b.Clone(), other, func(m *testsite.Mini) { m.Session.Destroy() })
			case "expiry":
				s.Clock.Advance(3 * time.Minute)
			}
			return nil
		}, nil)
		testsite.Equal(t, visitMini(b.Clone(), slow, func(*testsite.Mini) {}), 7, meanwhile+": user of the slow request")
		s.Store.Stand(nil, nil)
		if meanwhile == "shorter timeout" {
			visitMini(b.Clone(), brief, func(*testsite.Mini) {}) // an earlier release of the program
		}
		rec, err := s.Store.Store.Load(t.Context(), id)
		switch meanwhile {
		case "destroy":
			testsite.Equal(t, err, runtime.ErrGone, meanwhile)
		case "expiry":
			testsite.Equal(t, err, runtime.ErrNotFound, meanwhile)
		default:
			testsite.Equal(t, err, nil, meanwhile+": error")
			testsite.Equal(t, rec.Idle, 5*time.Minute, meanwhile+": what is left of the idle timeout")
		}
	}
}
