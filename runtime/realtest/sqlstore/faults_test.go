package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

var addressPart = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// through returns the URL of a server behind a proxy. The server is the shared one if it listens
// on the loopback interface, or else one for this test.
func (d database) through(t testing.TB) (*testserver.Proxy, string) {
	t.Helper()
	url := d.url(t)
	if !addressPart.MatchString(url) {
		url = d.own(t).URL()
	}
	proxy := testserver.NewProxy(t, addressPart.FindString(url))
	return proxy, addressPart.ReplaceAllLiteralString(url, proxy.Address())
}

func TestR4_FaultsOfTheNetwork(t *testing.T) {
	t.Parallel()
	faults := []struct {
		name string
		set  func(*testserver.Proxy)
	}{
		{"refused", (*testserver.Proxy).Refuse},
		{"silent", (*testserver.Proxy).Stall},
		{"reset in the midst of a reply", (*testserver.Proxy).CutReplies},
		{"two seconds late", func(p *testserver.Proxy) { p.Delay(2 * time.Second) }},
	}
	requests := map[string]func(v *shop.Visitor){
		"update": func(v *shop.Visitor) { v.AddVisits(1) },
		"login":  func(v *shop.Visitor) { v.SetUserID(7) },
		"logout": func(v *shop.Visitor) { v.Destroy() },
	}
	each(t, servers, func(t *testing.T, d database) {
		for _, fault := range faults {
			t.Run(fault.name, func(t *testing.T) {
				t.Parallel()
				proxy, url := d.through(t)
				var e events
				visitors := shopOn(t, d.store(t, d.connect(t, url)), &e, runtime.WithTimeout(500*time.Millisecond))
				// within is a request of a signed-in user. It may find the effect of an
				// earlier request that got no answer.
				for what, change := range requests {
					contest.InTime(t, func() (late string) {
						b := &browser{visitors: visitors}
						recovers(t, b, func(v *shop.Visitor) { v.SetUserID(7) })
						fault.set(proxy)
						page := contest.Took(func() {
							status, cookies := b.on(visitors).visit(func(*shop.Visitor) { t.Error("the handler runs, though the session cannot be loaded") })
							if status != http.StatusServiceUnavailable || cookies != 0 {
								t.Errorf("before the session was loaded: status %d, %d cookies", status, cookies)
							}
						})
						proxy.Pass()
						first := recovers(t, b.on(visitors), func(*shop.Visitor) {})
						status, cookies := b.on(visitors).visit(func(v *shop.Visitor) {
							equal(t, v.UserID(), 7, "user")
							fault.set(proxy)
							change(v)
						})
						if status != http.StatusServiceUnavailable || cookies != 0 {
							t.Errorf("%s: status %d, %d cookies", what, status, cookies)
						}
						proxy.Pass()
						second := recovers(t, b.on(visitors), func(*shop.Visitor) {})
						t.Logf("%s: with a timeout of 500ms the error page took %v; the first requests that were served came %v and %v after the fault", what, page, first, second)
						if page > 2*time.Second || max(first, second) > time.Second {
							late = fmt.Sprintf("the error page took %v, the first requests that were served came %v and %v after the fault, want a second at most", page, first, second)
						}
						return late
					})
				}
			})
		}
	})
}

// recovers makes requests until one is served, and returns the time that this took.
func recovers(t *testing.T, b *browser, h func(v *shop.Visitor)) time.Duration {
	t.Helper()
	start := time.Now()
	for {
		status, _ := b.visit(h)
		took := time.Since(start)
		if status == http.StatusOK {
			return took
		}
		if took > time.Minute {
			t.Fatalf("no request is served, %v after the fault", took)
		}
	}
}

// cut drops the reply to the n-th call of the server from now on, and counts the calls.
func (w *watched) cut(proxy *testserver.Proxy, n int) (calls *int) {
	calls = new(int)
	w.stand(func(op, _ string, _ int) error {
		switch op {
		case "connect": // in place of the connection that was cut
			proxy.Pass()
			return nil
		case "rollback":
			return nil
		}
		if *calls++; *calls == n {
			proxy.CutReplies()
		} else {
			proxy.Pass()
		}
		return nil
	}, nil)
	return calls
}

// The reply to each statement in turn is lost, including a COMMIT: the session is changed once or
// not at all, and the response says which.
func TestR14_LostRepliesApplyNothingTwice(t *testing.T) {
	scenarios := map[string]struct {
		change        func(v *shop.Visitor)
		before, after string
	}{
		"add":     {func(v *shop.Visitor) { v.AddVisits(1) }, "user 7, 1 visits", "user 7, 2 visits"},
		"team":    {func(v *shop.Visitor) { v.AddVisits(1); v.SetTeam("blue") }, "user 7, 1 visits", "user 7, 2 visits"},
		"login":   {func(v *shop.Visitor) { v.SetUserID(8); v.SetVisits(5) }, "user 7, 1 visits", "user 8, 5 visits"},
		"logout":  {func(v *shop.Visitor) { v.Destroy() }, "user 7, 1 visits", "user 0, 0 visits"},
		"relogin": {func(v *shop.Visitor) { v.Destroy(); v.SetUserID(8) }, "user 7, 1 visits", "user 8, 0 visits"},
	}
	each(t, servers, func(t *testing.T, d database) {
		for name, c := range scenarios {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				proxy, url := d.through(t)
				db, w := d.watch(t, url)
				var e events
				visitors := shopOn(t, d.store(t, db), &e)
				ended := "user 0, 0 visits"
				cuts := 0
				for n := 1; ; n++ {
					b := &browser{visitors: visitors}
					b.visitOK(t, func(v *shop.Visitor) { v.SetUserID(7); v.AddVisits(1); v.SetTeam("red") })
					calls := w.cut(proxy, n)
					old := b.on(visitors)
					status, _ := b.visit(c.change)
					w.stand(nil, nil)
					proxy.Pass()
					if *calls < n {
						break
					}
					cuts++
					state := see(t, b, summary)
					if status != http.StatusOK && status != http.StatusServiceUnavailable {
						t.Fatalf("reply %d lost: status %d", n, status)
					}
					if status == http.StatusOK && state != c.after {
						t.Errorf("reply %d lost: 200, but the session is %s", n, state)
					}
					if status != http.StatusOK && state != c.before && state != ended {
						t.Errorf("reply %d lost: 503, but the session is %s", n, state)
					}
					if status == http.StatusOK && c.after != c.before && name != "add" && name != "team" {
						equal(t, see(t, old, summary), ended, fmt.Sprintf("reply %d lost: seen with the old cookie", n))
					}
				}
				t.Logf("lost each of %d replies", cuts)
				if cuts < 2 {
					t.Errorf("%d replies were lost: the scenario is too short", cuts)
				}
			})
		}
	})
}

// A call of the store whose reply is lost returns none of the contract's errors. Its repetition
// returns the right answer.
func TestR14_LostRepliesOfTheStore(t *testing.T) {
	each(t, servers, func(t *testing.T, d database) {
		proxy, url := d.through(t)
		db, w := d.watch(t, url)
		store := d.store(t, db)
		for n := 1; ; n++ {
			term, further := newTerm(), newTerm()
			id, rec := newID(), newRecord(term, further)
			next := newRecord(term, newTerm())
			calls, failed := w.cut(proxy, n), 0
			again := func(what string, call func() error) {
				t.Helper()
				err := call()
				if err != nil {
					if !unclear(err) {
						t.Errorf("reply %d lost, %s: %v", n, what, err)
					}
					failed++
					proxy.Pass()
					if err := call(); err != nil {
						t.Errorf("reply %d lost, %s made again: %v", n, what, err)
					}
				}
			}
			ctx := context.Background()
			again("Create", func() error { return store.Create(ctx, id, rec, day) })
			again("Update", func() error { return store.Update(ctx, id, rec.Rev, next, day) })
			again("Touch", func() error { return store.Touch(ctx, id, 2*time.Hour) })
			again("Load", func() error { _, err := store.Load(ctx, id); return err })
			again("List", func() error {
				ids, _, err := store.List(ctx, next.Terms[1], runtime.ID{}, 2)
				if err == nil && len(ids) != 1 {
					t.Errorf("reply %d lost: listed %d sessions", n, len(ids))
				}
				return err
			})
			revoked := 0
			again("Revoke", func() error {
				n, err := store.Revoke(ctx, next.Terms[1], runtime.ID{})
				revoked += n
				return err
			})
			again("Delete", func() error { return store.Delete(ctx, id) })
			w.stand(nil, nil)
			proxy.Pass()
			if revoked > 1 || failed == 0 && revoked != 1 {
				t.Errorf("reply %d lost: Revoke counts %d", n, revoked)
			}
			if _, err := store.Load(ctx, id); !errors.Is(err, runtime.ErrGone) {
				t.Errorf("reply %d lost: Load in the end: %v", n, err)
			}
			if *calls < n {
				t.Logf("lost each of %d replies", n-1)
				return
			}
			if failed > 1 {
				t.Errorf("reply %d lost: %d calls failed", n, failed)
			}
		}
	})
}
