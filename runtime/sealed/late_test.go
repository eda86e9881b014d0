package sealed_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// Once the response has started, no cookie can be sent. Only the end of the session needs none.
func TestLateChanges(t *testing.T) {
	late := func(s *site, b *browser, change func(v *kiosk.Visitor)) *http.Response {
		return b.serve(func(v *kiosk.Visitor, w http.ResponseWriter, _ *http.Request) {
			v.AddVisits(1)
			w.WriteHeader(http.StatusOK)
			change(v)
		})
	}
	for name, change := range map[string]func(v *kiosk.Visitor){
		"a change": func(v *kiosk.Visitor) { v.AddVisits(10) },
		"sign-in":  func(v *kiosk.Visitor) { v.SetUserID(8) },
		"Renew":    (*kiosk.Visitor).Renew,
		"others":   (*kiosk.Visitor).RevokeOthers,
		"remember": func(v *kiosk.Visitor) { v.Remember(true) },
		"Commit": func(v *kiosk.Visitor) {
			v.AddVisits(10)
			if err := v.Commit(t.Context()); !errors.Is(err, runtime.ErrTooLate) {
				t.Errorf("Commit: %v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
			response := late(s, b, change)
			equal(t, len(setCookies(response)), 1, "cookies")
			equal(t, s.count(runtime.EventTooLate), 1, "too late events")
			equal(t, see(b, func(v *kiosk.Visitor) string { return fmt.Sprint(v.UserID(), " ", v.Visits()) }), "7 1", "the session")
			equal(t, s.count(runtime.EventRevoked), 0, "revoked events")
		})
	}
	t.Run("Destroy", func(t *testing.T) {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		late(s, b, (*kiosk.Visitor).Destroy)
		for _, cookie := range b.had {
			equal(t, see(s.with(cookie), (*kiosk.Visitor).HasUserID), false, "signed in")
		}
		equal(t, s.count(runtime.EventDestroyed), 1, "destroyed events")
	})
	t.Run("Destroy with accepted replay", func(t *testing.T) {
		s := newSite(t, sealed.AcceptReplay())
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		b.serve(func(v *kiosk.Visitor, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			v.Destroy()
			if err := v.Commit(t.Context()); !errors.Is(err, runtime.ErrTooLate) {
				t.Errorf("Commit: %v", err)
			}
		})
		equal(t, s.count(runtime.EventTooLate), 1, "too late events")
		equal(t, s.count(runtime.EventDestroyed), 0, "destroyed events")
	})
	t.Run("a touch", func(t *testing.T) {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		s.took()
		response := b.serve(func(v *kiosk.Visitor, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			s.clock.advance(10 * time.Minute)
		})
		equal(t, len(setCookies(response)), 0, "cookies")
		equal(t, s.took(), "Load Load", "store calls, none of them for what cannot be sent")
		equal(t, s.count(runtime.EventTooLate), 0, "too late events")
	})
}

// R18: the end reaches the store although the client has disconnected.
func TestAClientThatHasGone(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	ctx, gone := context.WithCancel(t.Context())
	s.visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		kiosk.VisitorFrom(r.Context()).Destroy()
		gone()
	})).ServeHTTP(httptest.NewRecorder(), b.request("GET").WithContext(ctx))
	equal(t, see(b, (*kiosk.Visitor).HasUserID), false, "signed in")
}

// hanging is a store that no longer answers.
type hanging struct {
	runtime.Store
	call string
}

func (h *hanging) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	if h.call == "Load" {
		<-ctx.Done()
		return runtime.Record{}, ctx.Err()
	}
	return h.Store.Load(ctx, id)
}

func (h *hanging) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	if h.call == "Create" {
		<-ctx.Done()
		return ctx.Err()
	}
	return h.Store.Create(ctx, id, rec, ttl)
}

func TestRevocationsThatHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		stuck := &hanging{Store: s.records}
		s.visitors = s.manager(s.sealer(sealed.WithRevocations(stuck)), runtime.WithTimeout(3*time.Second))
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		for _, call := range []string{"Load", "Create"} {
			stuck.call = call
			start := time.Now()
			response := b.visit((*kiosk.Visitor).Destroy)
			equal(t, response.StatusCode, 503, call+": status")
			equal(t, time.Since(start), 3*time.Second, call+": time until the error page")
		}
		stuck.call = ""
		equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user")
	})
}

func TestPanic(t *testing.T) {
	for _, destroys := range []bool{false, true} {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		func() {
			defer func() { recover() }()
			b.visit(func(v *kiosk.Visitor) {
				v.AddVisits(1)
				if destroys {
					v.Destroy()
				}
				panic("handler")
			})
		}()
		equal(t, see(b, (*kiosk.Visitor).HasUserID), !destroys, "signed in")
		equal(t, see(b, (*kiosk.Visitor).Visits), 0, "visits")
	}
}

// conn is a response whose connection can be hijacked and flushed.
type conn struct {
	*httptest.ResponseRecorder
	hijacked bool
}

func (c *conn) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c.hijacked = true
	one, _ := net.Pipe()
	return one, nil, nil
}

func TestFlushAndHijackSendTheCookieFirst(t *testing.T) {
	for name, begin := range map[string]func(w http.ResponseWriter) error{
		"Flush": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
		"Hijack": func(w http.ResponseWriter) error {
			_, _, err := http.NewResponseController(w).Hijack()
			return err
		},
	} {
		s := newSite(t)
		c := &conn{ResponseRecorder: httptest.NewRecorder()}
		s.visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v := kiosk.VisitorFrom(r.Context())
			v.AddVisits(1)
			must(t, begin(w))
			equal(t, len(w.Header()["Set-Cookie"]), 1, name+": cookies")
			v.AddVisits(1)
		})).ServeHTTP(c, httptest.NewRequest("GET", "/", nil))
		equal(t, s.count(runtime.EventTooLate), 1, name+": too late events")
	}
}

func TestSeveralCommitsInOneRequest(t *testing.T) {
	for _, option := range []sealed.Option{nil, sealed.AcceptReplay()} {
		var options []sealed.Option
		if option != nil {
			options = append(options, option)
		}
		s := newSite(t, options...)
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
		commit := func(v *kiosk.Visitor) { must(t, v.Commit(t.Context())) }
		response := b.visit(func(v *kiosk.Visitor) {
			v.SetUserID(7)
			commit(v)
			v.AddVisits(1)
			commit(v)
			v.Renew()
			commit(v)
			v.SetRole("admin")
		})
		equal(t, len(setCookies(response)), 1, "cookies")
		equal(t, see(b, func(v *kiosk.Visitor) string { return fmt.Sprintf("%d %d %s", v.UserID(), v.Visits(), v.Role()) }), "7 2 admin", "the session")
		// A session that begins and ends in one request leaves no cookie.
		fresh := s.browser()
		fresh.visit(func(v *kiosk.Visitor) {
			v.SetUserID(7)
			commit(v)
			v.Destroy()
		})
		equal(t, len(fresh.cookies), 0, "cookies of a session that has ended at once")
	}
}
