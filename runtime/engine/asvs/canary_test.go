package asvs

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// Each of many users has values that nobody else has, in every kind of field, and all of
// them are at work at once on what the runtime uses again and again. Nobody ever reads
// what is another one's, in a getter, a list, a printed session or the store.
func TestR11_NobodyReadsWhatIsAnothersInThousandsOfSessions(t *testing.T) {
	const workers = 64
	users, rounds := 200, 3
	if testsite.Long {
		users, rounds = 10_000, 10
	}
	s := testsite.New(t, runtime.WithTimeout(time.Hour)) // a commit may wait for its turn on a slow machine
	var foreign, reads atomic.Int64
	browsers := make([]*testsite.Browser, users)
	for i := range browsers {
		browsers[i] = s.Browser()
	}
	own := func(i int) string { return fmt.Sprintf("canary-%d-", i) }
	// only reports what of a text is not the user's own.
	only := func(i int, where, text string) {
		reads.Add(1)
		for rest := text; ; {
			at := strings.Index(rest, "canary-")
			if at < 0 {
				return
			}
			rest = rest[at:]
			if !strings.HasPrefix(rest, own(i)) {
				foreign.Add(1)
				t.Errorf("user %d reads in %s: %.40s", i, where, rest)
				return
			}
			rest = rest[len("canary-"):]
		}
	}
	request := func(i, round int) {
		value := own(i) + strings.Repeat("x", rand.N(200)) // of any length, so that buffers do not fit by chance
		response := browsers[i].Visit(func(v *shop.Visitor) {
			if round > 0 {
				testsite.Equal(t, v.UserID(), int64(i+1), "user")
				testsite.Equal(t, len(v.Cart()), round, "items")
				all := fmt.Sprint(v.Username(), v.Team(), v.Role(), v.Cart(), v.Prefs(), string(v.Avatar()), v.Campaign(), v.Ticket())
				testsite.Equal(t, strings.Count(all, own(i)) >= 6, true, "the user's own values are there")
				only(i, "getters", all)
				notice, _ := v.TakeNotice()
				only(i, "the flash", notice)
				text, err := json.Marshal(v)
				testsite.Equal(t, err, nil, "error")
				only(i, "the printed session", fmt.Sprint(v)+string(text))
			}
			v.SetUserID(int64(i + 1))
			v.SetUsername(value)
			v.SetTeam(value)
			v.SetRole(value)
			v.SetPassword(value)
			v.AppendCart(shop.Item{SKU: value, Count: i})
			v.PutPrefs(value, i)
			v.SetAvatar([]byte(value))
			v.SetNotice(value)
			v.SetCampaign(own(i))
			v.SetTicket(int64(i))
		})
		testsite.Equal(t, response.StatusCode, 200, "status")
		infos, err := s.Visitors.ListByUserID(t.Context(), int64(i+1))
		testsite.Equal(t, err, nil, "error")
		if len(infos) != 1 || infos[0].ID != testsite.SessionIDOf(t, browsers[i]) {
			foreign.Add(1)
			t.Errorf("user %d is listed with %v", i, infos)
		}
	}
	for round := range rounds {
		var group sync.WaitGroup
		next := atomic.Int64{}
		for range workers {
			group.Go(func() {
				for i := int(next.Add(1) - 1); i < users; i = int(next.Add(1) - 1) {
					request(i, round)
				}
			})
		}
		group.Wait()
	}
	for i, b := range browsers {
		rec, err := s.Store.Store.Load(t.Context(), testsite.SessionIDOf(t, b))
		testsite.Equal(t, err, nil, "error")
		only(i, "the store", rec.Data)
	}
	t.Logf("%d users, %d reads, %d foreign", users, reads.Load(), foreign.Load())
}
