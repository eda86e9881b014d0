package engine_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
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
				s := testsite.New(t)
				b := s.Browser()
				b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
				b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
					done := v.Done()
					synctest.Wait()
					testsite.Equal(t, isClosed(done), false, "done before")
					began := time.Now()
					b.Clone().Visit(ending.by)
					synctest.Wait()
					testsite.Equal(t, isClosed(done), ending.ends, "done")
					testsite.Equal(t, time.Since(began), 0, "time that it took")
				})
			})
		})
	}
}

func TestDoneIsPolledWhereTheStoreDoesNotTell(t *testing.T) {
	for name, ending := range doneAfter {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := testsite.New(t)
				polled, err := shop.NewVisitorManager(pollOnly{s.Store, s.Store}, runtime.WithKeys(testsite.Keys),
					runtime.WithClock(s.Clock.Now), runtime.WithEvents(s.Record), runtime.WithPolling(time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				b := s.Browser()
				b.Manager = polled
				b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
				b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
					done := v.Done()
					time.Sleep(30 * time.Second)
					b.Clone().Visit(ending.by)
					time.Sleep(29 * time.Second)
					testsite.Equal(t, isClosed(done), false, "done before the next look")
					time.Sleep(2 * time.Second)
					testsite.Equal(t, isClosed(done), ending.ends, "done after it")
				})
			})
		})
	}
}

// A store that is down says nothing about the session.
func TestDoneWaitsForAStoreThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
			done := v.Done()
			synctest.Wait()
			s.Store.Stand(func(string) error { return errors.New("down") }, nil)
			time.Sleep(time.Minute)
			testsite.Equal(t, isClosed(done), false, "done while the store is down")
			s.Store.Stand(nil, nil)
			s.Clock.Advance(24 * time.Hour)
			time.Sleep(11 * time.Second)
			testsite.Equal(t, isClosed(done), true, "done after the session has expired")
		})
	})
}

func TestDoneOfWhatTheRequestDoesItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t)
		b := s.Browser()
		b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			if v.Done() != nil {
				t.Error("nobody's session can end")
			}
			v.SetUserID(7)
			testsite.Equal(t, v.Commit(r.Context()), nil, "Commit")
			done := v.Done()
			v.SetRole("admin")
			testsite.Equal(t, v.Commit(r.Context()), nil, "Commit of another privilege")
			time.Sleep(time.Minute)
			testsite.Equal(t, isClosed(done), false, "done after a privilege of its own")
			v.Destroy()
			testsite.Equal(t, v.Commit(r.Context()), nil, "Commit of Destroy")
			testsite.Equal(t, isClosed(done), true, "done after Destroy")
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
				s := testsite.New(t)
				b := s.Browser()
				b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				var done <-chan struct{}
				func() {
					defer func() { _ = recover() }()
					s.Visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						done = shop.VisitorFrom(r.Context()).Done()
						end(cancel)
						if ctx.Err() != nil {
							synctest.Wait()
						}
					})).ServeHTTP(httptest.NewRecorder(), b.Request("GET").WithContext(ctx))
				}()
				synctest.Wait()
				testsite.Equal(t, isClosed(done), false, "done, though the session goes on")
				s.Store.Took()
				time.Sleep(time.Hour)
				testsite.Equal(t, s.Store.Took(), "", "calls after the request")
			})
		})
	}
}

// The look that is under way while the request changes its own privilege compares with what
// was before.
func TestDoneIsNotClosedByAPrivilegeThatChangesDuringALook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			proceed := make(chan struct{})
			s.Store.Stand(func(call string) error {
				if call == "load" {
					<-proceed
				}
				return nil
			}, nil)
			done := v.Done()
			synctest.Wait()
			v.SetRole("admin")
			testsite.Equal(t, v.Commit(r.Context()), nil, "Commit")
			close(proceed)
			synctest.Wait()
			testsite.Equal(t, isClosed(done), false, "done")
		})
	})
}

// Server.Shutdown waits for handlers. A stream that waits for its session ends when the manager is
// closed, and what other requests in progress still change is kept.
func TestCloseEndsStreamsSoThatTheServerShutsDown(t *testing.T) {
	s := testsite.New(t)
	b, other := s.Browser(), s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	streaming, busy, release, failed := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	var late error
	server := httptest.NewServer(s.Visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := shop.VisitorFrom(r.Context())
		if r.URL.Path == "/stream" {
			done := v.Done()
			http.NewResponseController(w).Flush()
			close(streaming)
			select {
			case <-done:
			case <-failed:
			}
			return
		}
		v.AddVisits(1)
		close(busy)
		<-release
		late = v.Commit(r.Context())
	})))
	defer server.Close()
	defer close(failed)
	closed := make(chan error, 1)
	server.Config.RegisterOnShutdown(func() { closed <- s.Visitors.Close() })
	get := func(b *testsite.Browser, path string) {
		r := b.Request("GET")
		r.RequestURI, r.URL.Scheme, r.URL.Host, r.URL.Path = "", "http", server.Listener.Addr().String(), path
		if response, err := http.DefaultClient.Do(r); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
	go get(b, "/stream")
	<-streaming
	go get(other, "/busy")
	<-busy
	time.AfterFunc(50*time.Millisecond, func() { close(release) })
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := server.Config.Shutdown(ctx); err != nil {
		t.Fatalf("Shutdown while a response streams: %v", err)
	}
	if err := <-closed; err != nil || late != nil {
		t.Errorf("Close: %v; what a request in progress committed: %v", err, late)
	}
	if _, err := s.Store.Store.Load(t.Context(), runtime.ID{1}); err == nil || errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("the store after Close: %v, want an error that says that it is closed", err)
	}
}

// Close does not wait for ever for a handler that never returns, or that calls Close itself.
func TestCloseWaitsNoLongerThanTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t, runtime.WithTimeout(3*time.Second))
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) {
			began := time.Now()
			if err := s.Visitors.Close(); err != nil {
				t.Error(err)
			}
			testsite.Equal(t, time.Since(began).Round(time.Second), 3*time.Second, "time that Close took")
		})
		began := time.Now()
		s.Visitors.Close()
		testsite.Equal(t, time.Since(began), 0, "time that another Close took, without requests")
	})
}

// A session whose Done is first asked for after Close is told at once.
func TestDoneAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
			v.UserID()
			go s.Visitors.Close()
			synctest.Wait()
			done := v.Done()
			synctest.Wait()
			testsite.Equal(t, isClosed(done), true, "done")
		})
		time.Sleep(time.Minute)
	})
}
