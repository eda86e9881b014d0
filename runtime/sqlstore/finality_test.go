package sqlstore_test

import (
	"database/sql"
	"fmt"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// A logout or a revocation between the load and the commit of another request, in
// the same process and in another one: nothing of it lives on.
func TestALogoutIsFinal(t *testing.T) {
	rounds := 4
	if long {
		rounds = 5_000 // of each kind of commit, by two kinds of end
	}
	each(t, databases, func(t *testing.T, d database) {
		url, tables := d.url(t), prefix()
		db := d.connect(t, url)
		var e events
		one := shopOn(t, d.storeOn(t, db, tables), &e)
		other := shopOn(t, d.storeOn(t, d.connect(t, url), tables), &e)
		ends := map[string]func(b *browser, user int64){
			"logout": func(b *browser, _ int64) { b.visitOK(t, func(v *shop.Visitor) { v.Destroy() }) },
			"revoke": func(b *browser, user int64) {
				if n, err := b.visitors.RevokeByUserID(t.Context(), user); n != 1 || err != nil {
					t.Errorf("RevokeByUserID: %d, %v", n, err)
				}
			},
		}
		commits := map[string]func(v *shop.Visitor){
			"update":  func(v *shop.Visitor) { v.AddVisits(1) },
			"touch":   func(v *shop.Visitor) { v.UserID() },
			"renewal": func(v *shop.Visitor) { v.Renew() },
			"flash":   func(v *shop.Visitor) { v.TakeNotice() },
			"team":    func(v *shop.Visitor) { v.SetTeam("red") },
		}
		user := int64(0)
		for round := range rounds {
			for how, end := range ends {
				for what, commit := range commits {
					user++
					b := &browser{visitors: one}
					b.visitOK(t, func(v *shop.Visitor) { v.SetUserID(user); v.SetNotice("welcome") })
					if what == "touch" {
						age(t, db, tables)
					}
					late := b.on([]*shop.VisitorManager{one, other}[round%2])
					status, cookies := late.visit(func(v *shop.Visitor) {
						end(b.on(one), user)
						commit(v)
					})
					if status != 200 || cookies != 0 {
						t.Fatalf("%s against %s: status %d and %d cookies", how, what, status, cookies)
					}
					if got := see(t, late, (*shop.Visitor).UserID); got != 0 {
						t.Fatalf("%s against %s: still signed in as %d", how, what, got)
					}
				}
			}
		}
		t.Logf("%d logouts and revocations, each between the load and the commit of another request", user)
		equal(t, alive(t, db, tables), 0, "sessions that live on")
	})
}

// Two requests at once, one of which signs out, without an order between them.
func TestALogoutWinsTheRace(t *testing.T) {
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

// age makes all sessions older, as if nobody had used them for five minutes.
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
