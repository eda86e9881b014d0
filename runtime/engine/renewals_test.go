package engine_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// Many requests of one browser come at once, in several processes, and some of them renew the
// secret: one of them wins, the browser gets that one's cookie and no other, and
// the store has one record.
func TestR3_ManyRequestsShareAnIDWhileItIsRenewed(t *testing.T) {
	const requests = 64
	rounds := 12
	if long {
		rounds = 1000
	}
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("0") })
	processes := []*shop.VisitorManager{s.visitors, s.newManager(), s.newManager()}
	visits, renewals := 0, 0
	for round := range rounds {
		s.store.took()
		before := b.clone()
		answers := make([]*http.Response, requests)
		var loaded, done sync.WaitGroup
		loaded.Add(requests)
		for i := range requests {
			one := before.clone()
			one.manager = processes[i%len(processes)]
			done.Go(func() {
				answers[i] = one.visit(func(v *shop.Visitor) {
					loaded.Done()
					loaded.Wait()
					switch {
					case i%4 != 0:
						v.AddVisits(1)
					case round%3 == 0:
						v.SetUserID(7) // authenticates again
					case round%3 == 1:
						v.SetRole(fmt.Sprint(round))
					default:
						v.Renew()
					}
				})
			})
		}
		done.Wait()
		sent := 0
		for _, answer := range answers {
			equal(t, answer.StatusCode, 200, "status")
			if len(answer.Header["Set-Cookie"]) > 0 {
				sent++
			}
			b.keep(answer)
		}
		equal(t, sent, 1, "answers with a cookie")
		calls := s.store.took()
		equal(t, strings.Count(calls, "create"), 0, "records created")
		id, key := tokenOf(t, b.cookies[sessionCookie])
		rec, err := s.store.Store.Load(t.Context(), id)
		equal(t, err, nil, "error")
		equal(t, keyOf(t, rec) == string(key[:]), true, "the key is that of the browser's cookie")
		equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
		equal(t, see(before, (*shop.Visitor).HasUserID), false, "the secret of before opens the session")
		got := see(b, (*shop.Visitor).Visits)
		if round%3 == 2 {
			// A renewal alone is no reason to drop what else is under way.
			equal(t, got-visits, requests-requests/4, "visits that were added while the secret was renewed")
		}
		visits = got
		renewals++
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	infos, err := s.visitors.ListByUserID(t.Context(), 7)
	equal(t, err, nil, "error")
	equal(t, len(infos), 1, "sessions")
	equal(t, s.count(runtime.EventRenewed), renewals, "renewals")
	t.Logf("%d requests at once, %d renewals, %d visits: one key, one record", requests, renewals, visits)
}
