package sqlstore_test

import (
	"database/sql"
	"fmt"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// Two concurrent requests, one of which signs out.
func TestR2_ALogoutWinsTheRace(t *testing.T) {
	rounds := 50
	if long {
		rounds = 10_000
	}
	each(t, databases, func(t *testing.T, d database) {
		url, tables := d.url(t), prefix()
		db := d.connect(t, url)
		var e events
		one := shopOn(t, d.storeOn(t, db, tables), &e)
		other := shopOn(t, d.storeOn(t, d.connect(t, url), tables), &e)
		for round := range rounds {
			b := &browser{visitors: one}
			b.visitOK(t, func(v *shop.Visitor) { v.SetUserID(int64(round + 1)) })
			late := b.on(other)
			var group sync.WaitGroup
			group.Go(func() {
				late.visitOK(t, func(v *shop.Visitor) {
					v.AddVisits(1)
					if round%2 == 0 {
						v.Renew()
					}
				})
			})
			group.Go(func() {
				if round%3 == 0 {
					if _, err := one.RevokeByUserID(t.Context(), int64(round+1)); err != nil {
						t.Error(err)
					}
					return
				}
				b.visitOK(t, func(v *shop.Visitor) { v.Destroy() })
			})
			group.Wait()
		}
		equal(t, alive(t, db, tables), 0, "sessions that live on")
	})
}

// age makes all sessions five minutes older, as if they had not been used for that time.
func age(t testing.TB, db *sql.DB, tables string) {
	t.Helper()
	const micros = 5 * 60 * 1_000_000
	_, err := db.Exec(fmt.Sprintf("UPDATE %ssessions SET expires = expires - %d, deadline = deadline - %d WHERE gone = 0", tables, micros, micros))
	must(t, err)
}

func alive(t testing.TB, db *sql.DB, tables string) int {
	t.Helper()
	return count(t, db, tables+"sessions WHERE gone = 0")
}
