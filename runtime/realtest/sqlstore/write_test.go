package sqlstore_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

// The reply to an update is lost, and others commit before the update is repeated. A record
// remembers its last eight revisions. If that of the update is among them, the update is known to
// have succeeded and is not applied twice. Otherwise the outcome is reported as unknown.
func TestR14_ForeignCommitsAfterALostReply(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		url, tables := d.url(t), prefix()
		watched, w := d.watch(t, url)
		var e events
		one := shopOn(t, d.storeOn(t, watched, tables), &e)
		other := shopOn(t, d.storeOn(t, d.connect(t, url), tables), &e)
		for foreign, want := range map[int]int{0: http.StatusOK, 1: http.StatusOK, 7: http.StatusOK, 9: http.StatusServiceUnavailable} {
			b := &browser{visitors: one}
			b.visitOK(t, func(v *shop.Visitor) { v.SetUserID(7) })
			var once sync.Once
			lost := false
			w.stand(nil, func(op, text string, err error) error {
				if strings.HasPrefix(text, "UPDATE") && (op == "exec" || op == "query") && err == nil {
					once.Do(func() {
						for range foreign {
							b.on(other).visitOK(t, func(v *shop.Visitor) { v.AddVisits(1) })
						}
						lost, err = true, io.ErrUnexpectedEOF
					})
				}
				return err
			})
			status, _ := b.on(one).visit(func(v *shop.Visitor) { v.AddVisits(1) })
			w.stand(nil, nil)
			if !lost {
				t.Fatal("no reply was lost")
			}
			equal(t, status, want, fmt.Sprintf("status after %d foreign commits", foreign))
			equal(t, see(t, b.on(other), (*shop.Visitor).Visits), foreign+1, fmt.Sprintf("visits after %d foreign commits", foreign))
		}
	})
}

// MySQL reports the number of rows changed, or of rows found. A call that changes nothing, because
// it is a repetition or comes at the same instant, is not a conflict and finds its session.
func TestR20_NoFalseConflictWhateverMySQLCounts(t *testing.T) {
	for _, found := range []string{"false", "true"} {
		t.Run("clientFoundRows="+found, func(t *testing.T) {
			d := mariadb
			d.url = func(t testing.TB) string { return d.with(mariadb.url(t), "clientFoundRows", found) }
			clock := newClock()
			for _, terms := range [][]runtime.Term{nil, {newTerm()}, {newTerm(), newTerm()}} {
				store := d.fresh(t, sqlstore.WithClock(clock.Now)) // the clock stands still
				id, rec := create(t, store, day, terms...)
				next := rec
				next.Rev = newRecord().Rev
				for range 3 {
					must(t, store.Create(t.Context(), id, rec, day))
					must(t, store.Touch(t.Context(), id, day.Idle))
					must(t, store.Touch(t.Context(), id, time.Minute))
				}
				for range 3 {
					must(t, store.Update(t.Context(), id, rec.Rev, next, day))
					must(t, store.Update(t.Context(), id, rec.Rev, next, runtime.TTL{Idle: day.Idle}))
				}
				for range 3 {
					must(t, store.Delete(t.Context(), id))
				}
			}
			g, _, _ := d.ground(t)
			contest.Increments(t, g, size(192, 20_000))
			contest.Setters(t, g, size(10, 1_000))
		})
	}
}
