package scsstore_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/scsstore"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

var day = runtime.TTL{Idle: time.Hour, Life: 24 * time.Hour}

func fill(b []byte) {
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
}

func newID() (id runtime.ID) {
	fill(id[:])
	return id
}

func newRecord(terms ...runtime.Term) runtime.Record {
	rec := runtime.Record{Terms: terms}
	fill(rec.Rev[:])
	return rec
}

func newTerm() (t runtime.Term) {
	fill(t[:])
	return t
}

// bench is a store on a memory that the test can inspect.
type bench struct {
	*testing.T
	clock *storetest.Clock
	below *memory
	store *scsstore.Store
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := storetest.NewClock()
	below := newMemory(clock.Now)
	return &bench{t, clock, below, open(t, below, scsstore.WithClock(clock.Now))}
}

func (b *bench) session(terms ...runtime.Term) (runtime.ID, runtime.Record) {
	b.Helper()
	id, rec := newID(), newRecord(terms...)
	b.want("Create", b.store.Create(b.Context(), id, rec, day), nil)
	return id, rec
}

func (b *bench) want(call string, got, want error) {
	b.Helper()
	if !errors.Is(got, want) || want == nil && got != nil {
		b.Fatalf("%s: got error %v, want %v", call, got, want)
	}
}

func (b *bench) load(id runtime.ID, want error) runtime.Record {
	b.Helper()
	rec, err := b.store.Load(b.Context(), id)
	b.want("Load", err, want)
	return rec
}

func (b *bench) listed(t runtime.Term, want ...runtime.ID) {
	b.Helper()
	ids, _, err := b.store.List(b.Context(), t, runtime.ID{}, 100)
	b.want("List", err, nil)
	if !slices.Equal(ids, want) {
		b.Fatalf("List: got %v, want %v", ids, want)
	}
}

// stuck makes the next call of a kind wait, for one key or for any, until release is called. began
// is closed when the call waits.
func (b *bench) stuck(kind, key string) (began chan struct{}, release func()) {
	began, gate := make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	b.below.stand(func(call, k string) error {
		if call == kind && strings.Contains(k, key) && first.CompareAndSwap(false, true) {
			close(began)
			<-gate
		}
		return nil
	})
	release = sync.OnceFunc(func() { close(gate) })
	b.Cleanup(release)
	return began, release
}

func keyOf(id runtime.ID) string {
	const digits = "0123456789abcdef"
	var hex strings.Builder
	for _, c := range id {
		hex.WriteByte(digits[c>>4])
		hex.WriteByte(digits[c&15])
	}
	return hex.String()
}
