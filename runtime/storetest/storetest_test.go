package storetest

import (
	"context"
	"fmt"
	goruntime "runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

func TestTheSuitePassesAStoreWithoutFlaws(t *testing.T) {
	Run(t, Options{Open: func(_ *testing.T, clock *Clock) runtime.Store { return newTelling(clock, "") }})
}

func TestTheSuitePassesAStoreWithoutAnIndex(t *testing.T) {
	Run(t, Options{Open: func(_ *testing.T, clock *Clock) runtime.Store {
		return struct{ runtime.Store }{newNaive(clock, "")}
	}})
}

// Between subtests, a database server is not emptied and its clock is not turned back: each handle
// has the clock of one subtest.
func TestTheSuiteAssumesNoFreshStore(t *testing.T) {
	shared := newNaive(nil, "")
	Run(t, Options{Open: func(_ *testing.T, clock *Clock) runtime.Store {
		return &naive{now: clock.Now, tables: shared.tables}
	}})
}

func TestTheSuiteNoticesEveryFlaw(t *testing.T) {
	noticed := map[string]bool{}
	for _, f := range flaws {
		t.Run(string(f.flaw), func(t *testing.T) {
			for _, name := range f.check {
				noticed[name] = true
				var failures []string
				// Checks that race may miss a flaw, so they run several times.
				for range 40 {
					check := find(t, checks, name)
					attempt := func(t *testing.T) {
						clock := NewClock()
						failures = try(t, check, newTelling(clock, f.flaw), clock)
					}
					if check.needs&watcher != 0 { // such checks wait for what a flawed store never tells
						synctest.Test(t, attempt)
					} else {
						attempt(t)
					}
					if len(failures) > 0 {
						break
					}
				}
				if len(failures) == 0 {
					t.Errorf("%q passes", name)
				} else {
					t.Logf("%q: %s", name, failures[0])
				}
			}
		})
	}
	for _, c := range checks {
		if !noticed[c.name] {
			t.Errorf("%q has never been seen to fail: add a flaw that it notices", c.name)
		}
	}
}

func TestTheSuiteNoticesFlawsInRealTime(t *testing.T) {
	for _, f := range inRealTime {
		t.Run(f.flaw, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				check := find(t, realTimeChecks, f.check)
				if failures := try(t, check, newNaive(nil, ""), nil); len(failures) != 0 {
					t.Errorf("%q fails on a store without flaws: %v", f.check, failures)
				}
				if failures := try(t, check, newNaive(nil, flaw(f.flaw)), nil); len(failures) == 0 {
					t.Errorf("%q passes", f.check)
				}
			})
		})
	}
	for _, c := range realTimeChecks {
		if !slices.ContainsFunc(inRealTime, func(f struct{ flaw, check string }) bool { return f.check == c.name }) {
			t.Errorf("%q has never been seen to fail: add a flaw that it notices", c.name)
		}
	}
}

func find(t *testing.T, among []check, name string) check {
	t.Helper()
	i := slices.IndexFunc(among, func(c check) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("no check is called %q", name)
	}
	return among[i]
}

// try runs a check as Run does, and returns its failures.
func try(t *testing.T, c check, store runtime.Store, clock *Clock) []string {
	t.Helper()
	r := &recorder{ctx: t.Context()}
	var done sync.WaitGroup
	done.Go(func() {
		c.on(&trial{reporter: r, store: store, clock: clock, load: load{writers: 32, rounds: 20, updates: 4_000, patience: 100 * time.Millisecond}})
	})
	done.Wait()
	if r.skipped {
		t.Errorf("%q was skipped", c.name)
	}
	return r.failures
}

// recorder is a reporter that keeps failures.
type recorder struct {
	ctx      context.Context
	mu       sync.Mutex
	failures []string
	skipped  bool
}

func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	goruntime.Goexit()
}

func (r *recorder) Skip(...any) {
	r.skipped = true
	goruntime.Goexit()
}
