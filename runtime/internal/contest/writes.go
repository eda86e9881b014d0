package contest

import (
	"fmt"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Increments lets 64 workers of two programs count the visits of one session and
// put an entry each into a map, and looks for increments that are lost or were
// applied twice.
func Increments(t *testing.T, g Ground, total int) {
	const workers = 64
	programs := g.programs(t)
	cookie, _ := programs[0].signIn("ann")
	each := max(1, total/workers)
	var acknowledged, refused, replayed atomic.Int64
	var group, loaded sync.WaitGroup
	loaded.Add(workers)
	start := time.Now()
	for i := range workers {
		group.Go(func() {
			for n := range each {
				a := programs[i%2].request(cookie, func(v *Visitor) {
					if n == 0 { // all begin with the same record
						loaded.Done()
						loaded.Wait()
					}
					v.AddVisits(1)
					v.PutPrefs(fmt.Sprint("worker", i), i)
					goruntime.Gosched() // a handler has more to do
				})
				replayed.Add(int64(a.has(runtime.EventConflict)))
				switch {
				case a.status == 200 && a.has(runtime.EventDropped) == 0:
					acknowledged.Add(1)
				case a.status == 503 && g.Refusals > 0:
					refused.Add(1)
				default:
					t.Errorf("status %d, %d times dropped: %v", a.status, a.has(runtime.EventDropped), a.why())
				}
			}
		})
	}
	group.Wait()
	visits, entries := 0, 0
	programs[0].served(cookie, func(v *Visitor) { visits, entries = v.Visits(), len(v.Prefs()) })
	t.Logf("%d increments by %d workers of two programs in %v: %d acknowledged, %d counted, %d requests replayed, %d refused",
		workers*each, workers, time.Since(start), acknowledged.Load(), visits, replayed.Load(), refused.Load())
	if int64(visits) != acknowledged.Load() {
		t.Errorf("%d increments were acknowledged, and %d are counted", acknowledged.Load(), visits)
	}
	if entries != workers {
		t.Errorf("%d of %d workers have an entry in the map", entries, workers)
	}
	if n := int(refused.Load()); n*1000 > workers*each*g.Refusals {
		t.Errorf("%d of %d requests were refused", n, workers*each)
	}
	if replayed.Load() == 0 {
		t.Error("nothing was replayed: the two programs did not meet")
	}
}

// Setters lets two programs set different fields at once, one of which is an
// index: both win.
func Setters(t *testing.T, g Ground, rounds int) {
	programs := g.programs(t)
	cookie, _ := programs[0].signIn("ann")
	replayed := 0
	for round := range rounds {
		nickname, team := fmt.Sprint("nickname", round), fmt.Sprint("team", round)
		var group, loaded sync.WaitGroup
		loaded.Add(2)
		answers := [2]*answer{}
		for i, set := range []func(v *Visitor){
			func(v *Visitor) { v.SetNickname(nickname) },
			func(v *Visitor) { v.SetTeam(team) },
		} {
			group.Go(func() {
				answers[i] = programs[(i+round)%2].request(cookie, func(v *Visitor) {
					loaded.Done()
					loaded.Wait() // both have the same record
					set(v)
				})
			})
		}
		group.Wait()
		for _, a := range answers {
			replayed += a.has(runtime.EventConflict)
			if a.status != 200 {
				t.Fatalf("round %d: status %d: %v", round, a.status, a.why())
			}
		}
		programs[round%2].served(cookie, func(v *Visitor) {
			if v.Nickname() != nickname || v.Team() != team {
				t.Fatalf("round %d: got %q and %q, want %q and %q", round, v.Nickname(), v.Team(), nickname, team)
			}
		})
		infos, err := programs[0].visitors.ListByTeam(t.Context(), team)
		if len(infos) != 1 || err != nil {
			t.Fatalf("round %d: listed by what was set: %d, %v", round, len(infos), err)
		}
	}
	t.Logf("%d rounds of two programs that set different fields of one record: all are there, %d requests were replayed", rounds, replayed)
	if replayed < rounds {
		t.Errorf("%d requests were replayed in %d rounds: the programs did not meet", replayed, rounds)
	}
}
