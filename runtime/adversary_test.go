package runtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

func TestFlashTakenIsNotShownAgainAfterAnOlderTake(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetNotice("first") })
	older, setter, newer := b.clone(), b.clone(), b.clone()
	took, olderDone, newerDone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	older.visit(func(v *shop.Visitor) {
		v.TakeNotice()
		setter.visit(func(v *shop.Visitor) { v.SetNotice("second") })
		go func() {
			defer close(newerDone)
			newer.visit(func(v *shop.Visitor) {
				notice, _ := v.TakeNotice()
				equal(t, notice, "second", "taken")
				close(took)
				<-olderDone
			})
		}()
		<-took
	})
	close(olderDone)
	<-newerDone
	if notice, found := take(b); found {
		t.Errorf("%q, which was taken, is shown again", notice)
	}
}

func TestRenewalAfterAReplayAcrossARenewal(t *testing.T) {
	for name, renew := range map[string]func(v *shop.Visitor){
		"renew": func(v *shop.Visitor) { v.Renew() },
		"role":  func(v *shop.Visitor) { v.SetRole("admin") },
		"login": func(v *shop.Visitor) { v.SetUserID(7) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
			newest := b.clone()
			b.serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
				newest.visit(func(v *shop.Visitor) { v.Renew() })
				v.AddVisits(1)
				if err := v.Commit(r.Context()); err != nil {
					t.Error(err)
				}
				renew(v)
			})
			equal(t, see(newest, (*shop.Visitor).UserID), 7, "user of the browser with the newest cookie")
		})
	}
}

func TestOwnFieldsBehindOthersAreRead(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(1) })
	want := see(b, (*shop.Visitor).Info)
	s.rewrite(b, func(data string) string { // as a library that keeps unknown fields at the end
		key := data[:2+32]
		own := data[2+32:]
		end := strings.Index(own, string(runtime.AppendInt(nil, runtime.FieldNumber("visits"), 1)))
		return key + own[end:] + own[:end]
	})
	got := see(b, (*shop.Visitor).Info)
	equal(t, got.Created, want.Created, "created")
	equal(t, got.Authenticated, want.Authenticated, "authenticated")
}

func TestTermsOfAnotherProgramAreKept(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetTeam("red"); v.SetVisits(1) })
	old := newMini(t, s, miniSchema(sessionCookie, nil)) // knows no team
	w := httptest.NewRecorder()
	old.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := miniFrom(r)
		runtime.Set(&m.session, miniUser, &m.user, 7)
	})).ServeHTTP(w, b.request("GET"))
	b.keep(w.Result())
	equal(t, see(b, (*shop.Visitor).Team), "red", "team")
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
	infos, err := s.visitors.ListByTeam(t.Context(), "red")
	if err != nil || len(infos) != 1 {
		t.Errorf("listed by team: %v, %v", infos, err)
	}
}

func TestPanicInACodecDoesNotHang(t *testing.T) {
	for _, call := range []string{"consume", "append"} {
		t.Run(call, func(t *testing.T) {
			s := newSite(t)
			armed := false
			m := newMini(t, s, miniSchema("__Host-mini", func(c string, field int) {
				if armed && c == call && field == miniNote {
					panic("in UnmarshalText")
				}
			}))
			b := s.browser()
			visit := func(h func(m *mini)) {
				w := httptest.NewRecorder()
				m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(miniFrom(r)) })).ServeHTTP(w, b.request("GET"))
				b.keep(w.Result())
			}
			visit(func(m *mini) { runtime.Set(&m.session, miniNote, &m.note, "x") })
			armed = true
			done := make(chan any, 1)
			go func() {
				defer func() { done <- recover() }()
				visit(func(m *mini) {
					if call == "consume" {
						runtime.Get(&m.session, miniNote, &m.note)
					} else {
						runtime.Live(&m.session, miniNote, &m.note)
						m.note = "y"
					}
				})
			}()
			select {
			case got := <-done:
				equal(t, fmt.Sprint(got), "in UnmarshalText", "panic")
			case <-time.After(2 * time.Second):
				t.Fatal("the request hangs: the lock was never given back")
			}
		})
	}
}

func TestPrintingWhileAnotherGoroutinePuts(t *testing.T) {
	s := newSite(t)
	s.browser().visit(func(v *shop.Visitor) {
		v.PutPrefs("a", 1)
		var group sync.WaitGroup
		group.Go(func() {
			for i := range 2000 {
				v.PutPrefs(fmt.Sprint(i), i)
			}
		})
		group.Go(func() {
			for range 200 {
				_ = fmt.Sprint(v)
				_, _ = json.Marshal(v)
			}
		})
		group.Wait()
	})
}

func TestCommitFromSeveralGoroutines(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for range 50 {
		b.serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() {
					v.AddVisits(1)
					_ = v.Commit(r.Context())
				})
			}
			w.Write([]byte("x"))
			group.Wait()
		})
	}
}

func TestCookieFloodRaisesFewEvents(t *testing.T) {
	s := newSite(t)
	for name, read := range map[string]func(v *shop.Visitor){
		sessionCookie:    func(v *shop.Visitor) { v.UserID() },
		"favorite_color": func(v *shop.Visitor) { v.FavoriteColor() },
		"campaign":       func(v *shop.Visitor) { v.Campaign() },
	} {
		s.mu.Lock()
		s.events = nil
		s.mu.Unlock()
		b := s.browser()
		b.header.Set("Cookie", strings.Repeat(name+"=x;", 1<<20/(len(name)+3)))
		b.visit(read)
		if n := s.count(runtime.CookieRefused); n > 10 {
			t.Errorf("%s: %d events by one request", name, n)
		}
	}
}

func TestPutDoesNotChangeTheCallersMap(t *testing.T) {
	s := newSite(t)
	defaults := map[string]int{"size": 1}
	s.browser().visit(func(v *shop.Visitor) {
		v.SetPrefs(defaults)
		v.PutPrefs("of one visitor", 1)
	})
	equal(t, len(defaults), 1, "entries of a map that all visitors begin with")
}

func TestChangeInPlaceAfterASlowCommit(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetCart([]shop.Item{{SKU: "tea", Count: 1}}) })
	b.visit(func(v *shop.Visitor) {
		cart := v.Cart()
		v.AddVisits(1)
		s.clock.advance(2 * time.Second) // nobody else changes anything meanwhile
		if err := v.Commit(t.Context()); err != nil {
			t.Error(err)
		}
		cart[0].Count = 3
	})
	equal(t, see(b, func(v *shop.Visitor) int { return v.Cart()[0].Count }), 3, "count")
}

func TestCookieSentEarlyIsNotPublic(t *testing.T) {
	s := newSite(t)
	for name, set := range map[string]func(v *shop.Visitor, w http.ResponseWriter){
		"commit": func(v *shop.Visitor, w http.ResponseWriter) { v.SetUserID(7); _ = v.Commit(t.Context()) },
		"write":  func(v *shop.Visitor, w http.ResponseWriter) { _ = s.visitors.ThemeCookie().Write(w, "dark") },
	} {
		response := s.browser().serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			set(v, w)
			w.Header().Set("Cache-Control", "public, max-age=60")
		})
		equal(t, len(response.Header["Set-Cookie"]), 1, name+": cookies")
		equal(t, response.Header.Get("Cache-Control"), "no-store", name+": Cache-Control")
	}
}

func TestInnerCookieSurvivesTheOuterFailure(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	inner := newMini(t, s, miniSchema("__Host-mini", nil))
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	serve := func(h func(v *shop.Visitor, m *mini)) *http.Response {
		w := httptest.NewRecorder()
		s.visitors.Middleware(inner.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h(shop.VisitorFrom(r.Context()), miniFrom(r))
		}))).ServeHTTP(w, b.request("GET"))
		b.keep(w.Result())
		return w.Result()
	}
	serve(func(v *shop.Visitor, m *mini) { runtime.Set(&m.session, miniUser, &m.user, 5) })
	updates := 0
	s.store.stand(func(call string) error {
		if call == "update" {
			if updates++; updates > 1 { // the inner one is first
				return errDown
			}
		}
		return nil
	}, nil)
	response := serve(func(v *shop.Visitor, m *mini) { v.AddVisits(1); m.session.Renew() })
	s.store.stand(nil, nil)
	equal(t, response.StatusCode, 503, "status")
	serve(func(v *shop.Visitor, m *mini) {
		equal(t, runtime.Get(&m.session, miniUser, &m.user), 5, "the inner session's user")
	})
}

// Two middlewares of one schema: what the outer one has to drop is not the inner one's.
func TestInnerCookieSurvivesWhatTheOuterDrops(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	inner := s.newManager().Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { shop.VisitorFrom(r.Context()).SetUserID(7) }))
	b.serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		v.AddVisits(1)
		inner.ServeHTTP(w, r)
	})
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
}

func TestVaryDoesNotWriteIntoASharedSlice(t *testing.T) {
	s := newSite(t)
	shared := make([]string, 1, 4)
	shared[0] = "Accept"
	s.browser().serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header()["Vary"] = shared
		v.Visits()
	})
	equal(t, shared[:2][1], "", "what is behind the slice that the handler gave")
}

func TestFailedLogoutDoesNotClearSiteData(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.store.stand(down("delete"), nil)
	response := b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Clear-Site-Data", `"cookies"`)
		v.Destroy()
	})
	equal(t, response.StatusCode, 503, "status")
	equal(t, response.Header.Get("Clear-Site-Data"), "", "Clear-Site-Data of a logout that failed")
}

func TestRememberEndsWithThePrincipal(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(1); v.Remember(true) })
	b.visit(func(v *shop.Visitor) { v.ClearUserID() })
	response := b.visit(func(v *shop.Visitor) { v.SetUserID(3) })
	if line := response.Header.Get("Set-Cookie"); strings.Contains(line, "Max-Age") {
		t.Errorf("the next one is remembered, though only the one before had asked for it: %s", line)
	}
}

func TestDestroyInAReplayedUpdateDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, runtime.WithTimeout(time.Second))
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
		done := make(chan struct{})
		go func() {
			defer close(done)
			runs := 0
			race(b, func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) {
				v.UpdateVisits(func(n int) int {
					if runs++; runs > 1 {
						v.Destroy()
					}
					return n
				})
			})
		}()
		select {
		case <-done:
		case <-time.After(time.Hour):
			t.Error("the request hangs for more than an hour")
			panic("hangs")
		}
	})
}

func TestErrorPageHasNoneOfTheHandlersCookies(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.store.stand(down("update"), nil)
	w := httptest.NewRecorder()
	w.Header()["Set-Cookie"] = []string{"theme=outer", "a=outer"} // of an outer middleware
	s.visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := shop.VisitorFrom(r.Context())
		_ = s.visitors.ThemeCookie().Write(w, "handler")
		v.AddVisits(1)
	})).ServeHTTP(w, b.request("GET"))
	equal(t, w.Code, 503, "status")
	for _, line := range w.Result().Header["Set-Cookie"] {
		if strings.Contains(line, "handler") {
			t.Errorf("a cookie of the handler on the error page: %s", line)
		}
	}
}

func TestUpdateThatChangesItsOwnFieldEnds(t *testing.T) {
	s := newSite(t)
	s.browser().visit(func(v *shop.Visitor) {
		runs := 0
		func() {
			defer func() { recover() }()
			v.UpdateVisits(func(n int) int {
				if runs++; runs > 1000 {
					panic("enough")
				}
				v.AddVisits(1)
				return n
			})
		}()
		if runs > 1000 {
			t.Errorf("ran more than 1000 times")
		}
	})
}

func TestOldSecretOnAReplicaWhoseClockIsAhead(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	old := b.clone()
	ahead := s.newManager(runtime.WithClock(func() time.Time { return s.clock.Now().Add(5 * time.Minute) }))
	b.visit(func(v *shop.Visitor) { v.Renew() })
	old.manager = ahead
	response := old.visit(func(v *shop.Visitor) { v.AddVisits(1) })
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies that overwrite the new one")
}

func TestUpdateInPlaceIsAppliedOnce(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.PutPrefs("n", 0) })
	b.visit(func(v *shop.Visitor) {
		runs := 0
		v.UpdatePrefs(func(m map[string]int) map[string]int {
			m["n"]++
			if runs++; runs == 1 { // another goroutine of the same request
				done := make(chan struct{})
				go func() { v.PutPrefs("other", 1); close(done) }()
				<-done
			}
			return m
		})
	})
	equal(t, see(b, func(v *shop.Visitor) int { return v.Prefs()["n"] }), 1, "n after one increment")
}

func TestCommitsOfSeveralGoroutinesShareTheHeader(t *testing.T) {
	s := newSite(t)
	for range 200 {
		s.browser().visit(func(v *shop.Visitor) {
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() {
					v.SetTheme("dark")
					_ = v.Commit(t.Context())
				})
			}
			group.Wait()
		})
	}
}

func TestFailedDestroyIsBoundedByOneTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, runtime.WithTimeout(3*time.Second))
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.store.stand(down("delete"), nil)
		stuck := &hangingDelete{Store: s.store}
		visitors, err := shop.NewVisitorManager(stuck, runtime.WithKeys(testKeys), runtime.WithEvents(s.record), runtime.WithTimeout(3*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		b.manager = visitors
		start := time.Now()
		b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) { v.Destroy(); w.Write([]byte("bye")) })
		equal(t, time.Since(start), 3*time.Second, "time")
	})
}

type hangingDelete struct{ runtime.Store }

func (h *hangingDelete) Delete(ctx context.Context, id runtime.ID) error {
	<-ctx.Done()
	return ctx.Err()
}
func (h *hangingDelete) List(ctx context.Context, t runtime.Term, after runtime.ID, max int) ([]runtime.ID, []runtime.Record, error) {
	return nil, nil, nil
}
func (h *hangingDelete) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (int, error) {
	return 0, nil
}

func TestSealedCookieHasOneSpelling(t *testing.T) {
	s := newSite(t)
	for n := range 6 {
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetCampaign(strings.Repeat("x", n)) })
		good := b.cookies["campaign"]
		body := strings.TrimRight(good, "=")
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		for _, c := range alphabet {
			other := body[:len(body)-1] + string(c) + good[len(body):]
			if other == good {
				continue
			}
			forged := b.clone()
			forged.cookies["campaign"] = other
			if see(forged, (*shop.Visitor).HasCampaign) {
				t.Errorf("length %d: two spellings", n)
				break
			}
		}
	}
}

func TestCommitAfterTheHandlerReturnedIsTooLate(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetCart([]shop.Item{{SKU: "tea", Count: 1}}) })
	var kept *shop.Visitor
	var cart []shop.Item
	b.visit(func(v *shop.Visitor) { kept = v; cart = v.Cart() })
	cart[0].Count = 9
	s.store.took()
	if err := kept.Commit(t.Context()); !errors.Is(err, runtime.ErrTooLate) {
		t.Errorf("Commit: %v", err)
	}
	equal(t, s.store.took(), "", "store calls")
}

func TestDestroyKeepsCookiesThatWereSet(t *testing.T) {
	s := newSite(t)
	for name, change := range map[string]func(v *shop.Visitor){
		"before":  func(v *shop.Visitor) { v.SetTheme("dark"); v.Destroy() },
		"after":   func(v *shop.Visitor) { v.Destroy(); v.SetTheme("dark") },
		"cleared": func(v *shop.Visitor) { v.ClearTheme(); v.Destroy() },
	} {
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		response := b.visit(change)
		equal(t, len(response.Header["Set-Cookie"]), 2, name+": cookies: the theme and the deletion")
	}
}

// A sign-in that fails has drawn an ID of its own by then. Destroy is meant for the
// session that the browser has.
func TestDestroyAfterASignInThatFailedEndsWhatTheBrowserHas(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	stale := b.clone()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) }) // renews
	s.store.stand(func(call string) error {
		if call == "create" {
			return errors.New("down")
		}
		return nil
	}, nil)
	stale.send("POST", func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		v.SetUserID(8)
		w.WriteHeader(http.StatusOK)
		v.Destroy()
	})
	s.store.stand(nil, nil)
	equal(t, see(b, (*shop.Visitor).HasUserID), false, "somebody is signed in to the session that has ended")
}
