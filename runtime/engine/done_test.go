package engine_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// pollOnly hides that the store can tell of changes.
type pollOnly struct {
	runtime.Store
	runtime.Indexer
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

var doneAfter = map[string]struct {
	by   func(v *shop.Visitor)
	ends bool
}{
	"logout":      {func(v *shop.Visitor) { v.Destroy() }, true},
	"other user":  {func(v *shop.Visitor) { v.SetUserID(8) }, true},
	"other role":  {func(v *shop.Visitor) { v.SetRole("admin") }, true},
	"other field": {func(v *shop.Visitor) { v.AddVisits(1) }, false},
	"renewal":     {func(v *shop.Visitor) { v.Renew() }, false},
}

func TestDoneIsClosedAtOnceByAStoreThatTells(t *testing.T) {
	for name, ending := range doneAfter {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t)
				b := s.browser()
				b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
				b.serve(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
					done := v.Done()
					synctest.Wait()
					equal(t, isClosed(done), false, "done before")
					began := time.Now()
					b.clone().visit(ending.by)
					synctest.Wait()
					equal(t, isClosed(done), ending.ends, "done")
					equal(t, time.Since(began), 0, "time that it took")
				})
			})
		})
	}
}

func TestDoneIsPolledWhereTheStoreDoesNotTell(t *testing.T) {
	for name, ending := range doneAfter {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t)
				polled, err := shop.NewVisitorManager(pollOnly{s.store, s.store}, runtime.WithKeys(testKeys),
					runtime.WithClock(s.clock.Now), runtime.WithEvents(s.record), runtime.WithPolling(time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				b := s.browser()
				b.manager = polled
				b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
				b.serve(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
					done := v.Done()
					time.Sleep(30 * time.Second)
					b.clone().visit(ending.by)
					time.Sleep(29 * time.Second)
					equal(t, isClosed(done), false, "done before the next look")
					time.Sleep(2 * time.Second)
					equal(t, isClosed(done), ending.ends, "done after it")
				})
			})
		})
	}
}

// A store that is down says nothing about the session.
func TestDoneWaitsForAStoreThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		b.serve(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
			done := v.Done()
			synctest.Wait()
			s.store.stand(func(string) error { return errors.New("down") }, nil)
			time.Sleep(time.Minute)
			equal(t, isClosed(done), false, "done while the store is down")
			s.store.stand(nil, nil)
			s.clock.advance(24 * time.Hour)
			time.Sleep(11 * time.Second)
			equal(t, isClosed(done), true, "done after the session has expired")
		})
	})
}

func TestDoneOfWhatTheRequestDoesItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.browser()
		b.serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			if v.Done() != nil {
				t.Error("nobody's session can end")
			}
			v.SetUserID(7)
			equal(t, v.Commit(r.Context()), nil, "Commit")
			done := v.Done()
			v.SetRole("admin")
			equal(t, v.Commit(r.Context()), nil, "Commit of another privilege")
			time.Sleep(time.Minute)
			equal(t, isClosed(done), false, "done after a privilege of its own")
			v.Destroy()
			equal(t, v.Commit(r.Context()), nil, "Commit of Destroy")
			equal(t, isClosed(done), true, "done after Destroy")
		})
	})
}

// synctest fails if a goroutine is left when the bubble ends.
func TestDoneLeavesNoGoroutineBehind(t *testing.T) {
	for name, end := range map[string]func(cancel context.CancelFunc){
		"return":  func(context.CancelFunc) {},
		"context": func(cancel context.CancelFunc) { cancel() },
		"panic":   func(context.CancelFunc) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t)
				b := s.browser()
				b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				var done <-chan struct{}
				func() {
					defer func() { _ = recover() }()
					s.visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						done = shop.VisitorFrom(r.Context()).Done()
						end(cancel)
						if ctx.Err() != nil {
							synctest.Wait()
						}
					})).ServeHTTP(httptest.NewRecorder(), b.request("GET").WithContext(ctx))
				}()
				synctest.Wait()
				equal(t, isClosed(done), false, "done, though the session goes on")
				s.store.took()
				time.Sleep(time.Hour)
				equal(t, s.store.took(), "", "calls after the request")
			})
		})
	}
}

// The look that is under way while the request changes its own privilege compares with what
// was before.
func TestDoneIsNotClosedByAPrivilegeThatChangesDuringALook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		b.serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			proceed := make(chan struct{})
			s.store.stand(func(call string) error {
				if call == "load" {
					<-proceed
				}
				return nil
			}, nil)
			done := v.Done()
			synctest.Wait()
			v.SetRole("admin")
			equal(t, v.Commit(r.Context()), nil, "Commit")
			close(proceed)
			synctest.Wait()
			equal(t, isClosed(done), false, "done")
		})
	})
}
