package contest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"sync"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// weather is what a line does to the calls that it carries.
type weather int

const (
	calm    weather = iota
	cutting         // loses calls and answers, delays both, and delivers calls after their caller has given up
	doubled         // delivers calls twice, and returns the second answer
)

func (w weather) String() string { return [...]string{"calm", "cutting", "doubling"}[w] }

// errCut is the error of a call whose outcome its caller does not learn.
var errCut = errors.New("contest: the line was cut")

// line is the way from a program to a store. It also observes how the program commits: one
// commit of a session at a time, and each on top of the one before.
type line struct {
	store   runtime.Store
	weather weather
	problem func(text string) // nil for sealed sessions, whose commits do not queue
	late    *sync.WaitGroup   // calls that are delivered later

	mu       sync.Mutex
	random   *rand.Rand
	updating map[runtime.ID]bool
	replaced map[runtime.Rev]bool // revisions that this program has replaced
}

func newLine(store runtime.Store, w weather, random *rand.Rand, late *sync.WaitGroup, problem func(string)) *line {
	return &line{
		store: store, weather: w, random: random, late: late, problem: problem,
		updating: map[runtime.ID]bool{}, replaced: map[runtime.Rev]bool{},
	}
}

// draw returns a number below n.
func (l *line) draw(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.random.IntN(n)
}

// read carries a call that changes nothing.
func (l *line) read(ctx context.Context, call func(context.Context) error) error {
	return l.carry(ctx, 2, call)
}

// write carries a call that changes something.
func (l *line) write(ctx context.Context, call func(context.Context) error) error {
	return l.carry(ctx, 8, call)
}

// carry makes a call. Of the faults of a cutting line, in percent, only the first ones happen.
func (l *line) carry(ctx context.Context, faults int, call func(context.Context) error) error {
	fate := l.draw(100)
	switch l.weather {
	case doubled:
		if fate < 10 {
			_ = call(ctx)
		}
	case cutting:
		switch {
		case fate >= faults:
			l.delay()
		case fate == 0:
			return errCut
		case fate == 2:
			l.late.Go(func() {
				pause := time.Duration(l.draw(20_000)) * time.Microsecond
				<-time.After(pause)
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
				defer cancel()
				_ = call(ctx)
			})
			return errCut
		default:
			_ = call(ctx)
			return errCut
		}
	}
	return call(ctx)
}

// delay holds a call back, so that others overtake it.
func (l *line) delay() {
	switch n := l.draw(30); {
	case n == 0:
		<-time.After(time.Duration(l.draw(2_000)) * time.Microsecond)
	case n < 10:
		for range n {
			goruntime.Gosched()
		}
	}
}

func (l *line) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	return l.write(ctx, func(ctx context.Context) error { return l.store.Create(ctx, id, rec, ttl) })
}

func (l *line) Load(ctx context.Context, id runtime.ID) (rec runtime.Record, err error) {
	err = l.read(ctx, func(ctx context.Context) (err error) {
		rec, err = l.store.Load(ctx, id)
		return err
	})
	return rec, err
}

func (l *line) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	l.enter(id, old)
	err := l.write(ctx, func(ctx context.Context) error { return l.store.Update(ctx, id, old, rec, ttl) })
	l.leave(id, old, err)
	return err
}

func (l *line) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	return l.write(ctx, func(ctx context.Context) error { return l.store.Touch(ctx, id, idle) })
}

func (l *line) Delete(ctx context.Context, id runtime.ID) error {
	return l.write(ctx, func(ctx context.Context) error { return l.store.Delete(ctx, id) })
}

func (l *line) List(ctx context.Context, t runtime.Term, after runtime.ID, max int) (ids []runtime.ID, records []runtime.Record, err error) {
	err = l.read(ctx, func(ctx context.Context) (err error) {
		ids, records, err = l.store.(runtime.Indexer).List(ctx, t, after, max)
		return err
	})
	return ids, records, err
}

// Revoke is not delivered late: it would also end the sessions of a later sign-in.
func (l *line) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (count int, err error) {
	err = l.read(ctx, func(ctx context.Context) (err error) {
		count, err = l.store.(runtime.Indexer).Revoke(ctx, t, keep)
		return err
	})
	return count, err
}

// RevokeAll is not delivered late either.
func (l *line) RevokeAll(ctx context.Context, prefix string) (count int, err error) {
	store, ok := l.store.(runtime.Revoker)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	err = l.read(ctx, func(ctx context.Context) (err error) {
		count, err = store.RevokeAll(ctx, prefix)
		return err
	})
	return count, err
}

// SendsOnce is false on a line that delivers calls twice.
func (l *line) SendsOnce() bool {
	store, ok := l.store.(runtime.SendsOnce)
	return ok && store.SendsOnce() && l.weather != doubled
}

// enter observes the beginning of a commit.
func (l *line) enter(id runtime.ID, old runtime.Rev) {
	if l.problem == nil {
		return
	}
	l.mu.Lock()
	busy, stale := l.updating[id], l.replaced[old]
	l.updating[id] = true
	l.mu.Unlock()
	if busy {
		l.problem(fmt.Sprintf("a program commits session %v twice at once: its commits do not queue", id))
	}
	if stale {
		l.problem(fmt.Sprintf("a program commits session %v on top of a revision that it has replaced itself", id))
	}
}

// leave observes the end of a commit.
func (l *line) leave(id runtime.ID, old runtime.Rev, err error) {
	if l.problem == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.updating, id)
	if err == nil {
		if len(l.replaced) > 1<<16 {
			clear(l.replaced)
		}
		l.replaced[old] = true
	}
}
