package sqlstore_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Everybody is signed out while visitors go on to sign in and to use sessions of another
// application in the same tables. With SESSIONGEN_TEST_LONG it is a million sessions in PostgreSQL,
// which are to end within half a minute.
func TestRevokeAllOfManySessions(t *testing.T) {
	n, kinds := 2_000, databases
	if long {
		n, kinds = 1_000_000, []database{postgres}
	}
	const label, other = "\n\x10label of this app", "\n\x10label of another"
	each(t, kinds, func(t *testing.T, d database) {
		db, tables := d.connect(t, d.url(t)), prefix()
		store := d.storeOn(t, db, tables)
		if d.name == postgres.name {
			_, err := db.Exec(fmt.Sprintf(`INSERT INTO %ssessions (id, revision, term, further, data, gone, expires, deadline)
SELECT decode(md5(i::text), 'hex'), '\x0102030405060708', sha256(i::text::bytea), '', $1::bytea || decode(repeat(md5(i::text), 6), 'hex'), 0, 9000000000000000, 9000000000000000
FROM generate_series(1, %d) i`, tables, n), []byte(label))
			must(t, err)
		} else {
			for range n {
				must(t, store.Create(t.Context(), newID(), runtime.Record{Data: label}, day))
			}
		}
		stranger := runtime.Record{Rev: runtime.Rev(random(8)), Data: other}
		strangers := newID()
		must(t, store.Create(t.Context(), strangers, stranger, day))

		var logins []runtime.ID
		var waits []time.Duration
		over, tick := make(chan struct{}), time.NewTicker(time.Millisecond)
		defer tick.Stop()
		var group sync.WaitGroup
		group.Go(func() {
			for {
				select {
				case <-over:
					return
				case <-tick.C:
				}
				start, id := time.Now(), newID()
				must(t, store.Create(t.Context(), id, runtime.Record{Data: label}, day))
				if _, err := store.Load(t.Context(), strangers); err != nil {
					t.Errorf("a session of another application meanwhile: %v", err)
				}
				logins, waits = append(logins, id), append(waits, time.Since(start)/2)
			}
		})
		start := time.Now()
		count, err := store.RevokeAll(t.Context(), label)
		took := time.Since(start)
		close(over)
		group.Wait()
		must(t, err)
		left := 0
		for _, id := range logins {
			switch _, err := store.Load(t.Context(), id); {
			case err == nil:
				left++
			case !errors.Is(err, runtime.ErrGone):
				t.Errorf("a login meanwhile: %v", err)
			}
		}
		slices.Sort(waits)
		t.Logf("ended %d sessions in %v; %d of %d logins meanwhile stayed; their calls took %v, 99%% up to %v, the slowest %v",
			count, took, left, len(logins), waits[len(waits)/2], waits[len(waits)*99/100], waits[len(waits)-1])
		equal(t, count, n+len(logins)-left, "sessions ended")
		equal(t, alive(t, db, tables), left+1, "sessions that live")
		if long && took > 30*time.Second {
			t.Errorf("took %v, want 30s at most", took)
		}
		// Another call has nothing left to do but those.
		count, err = store.RevokeAll(t.Context(), label)
		must(t, err)
		equal(t, count, left, "sessions ended by another call")
		if got, err := store.Load(t.Context(), strangers); err != nil || !strings.HasPrefix(got.Data, other) {
			t.Errorf("the session of another application: %v", err)
		}
	})
}
