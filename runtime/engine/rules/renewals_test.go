package rules

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// Many requests of one browser come at once, in several processes, and some of them renew the
// secret: one of them wins, the browser gets that one's cookie and no other, and
// the store has one record.
func TestR3_ManyRequestsShareAnIDWhileItIsRenewed(t *testing.T) {
	const requests = 64
	rounds := 12
	if testsite.Long {
		rounds = 1000
	}
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("0") })
	processes := []*shop.VisitorManager{s.Visitors, s.NewManager(), s.NewManager()}
	visits, renewals := 0, 0
	for round := range rounds {
		s.Store.Took()
		before := b.Clone()
		answers := make([]*http.Response, requests)
		var loaded, done sync.WaitGroup
		loaded.Add(requests)
		for i := range requests {
			one := before.Clone()
			one.Manager = processes[i%len(processes)]
			done.Go(func() {
				answers[i] = one.Visit(func(v *shop.Visitor) {
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
			testsite.Equal(t, answer.StatusCode, 200, "status")
			if len(answer.Header["Set-Cookie"]) > 0 {
				sent++
			}
			b.Keep(answer)
		}
		testsite.Equal(t, sent, 1, "answers with a cookie")
		calls := s.Store.Took()
		testsite.Equal(t, strings.Count(calls, "create"), 0, "records created")
		id, key := testsite.TokenOf(t, b.Cookies[testsite.SessionCookie])
		rec, err := s.Store.Store.Load(t.Context(), id)
		testsite.Equal(t, err, nil, "error")
		testsite.Equal(t, keyOf(t, rec) == string(key[:]), true, "the key is that of the browser's cookie")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
		testsite.Equal(t, testsite.See(before, (*shop.Visitor).HasUserID), false, "the secret of before opens the session")
		got := testsite.See(b, (*shop.Visitor).Visits)
		if round%3 == 2 {
			// A renewal alone is no reason to drop what else is under way.
			testsite.Equal(t, got-visits, requests-requests/4, "visits that were added while the secret was renewed")
		}
		visits = got
		renewals++
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	infos, err := s.Visitors.ListByUserID(t.Context(), 7)
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, len(infos), 1, "sessions")
	testsite.Equal(t, s.Count(runtime.EventRenewed), renewals, "renewals")
	t.Logf("%d requests at once, %d renewals, %d visits: one key, one record", requests, renewals, visits)
}
