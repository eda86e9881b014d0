package sealed_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/redisstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
	_ "modernc.org/sqlite"
)

func TestMain(m *testing.M) { os.Exit(testserver.Run(m)) }

// Any store of ours remembers what was revoked, and keeps other sessions beside it.
func TestRevocationsInRealStores(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) runtime.Store{
		"SQLite": func(t *testing.T) runtime.Store {
			db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "sessions.db"))
			must(t, err)
			t.Cleanup(func() { db.Close() })
			store, err := sqlstore.SQLite(db)
			must(t, err)
			must(t, store.CreateTables(t.Context()))
			return store
		},
		"Redis": func(t *testing.T) runtime.Store {
			options, err := redis.ParseURL(testserver.SharedRedis(t))
			must(t, err)
			client := redis.NewClient(options)
			t.Cleanup(func() { client.Close() })
			store, err := redisstore.New(client)
			must(t, err)
			return store
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			store := open(t)
			two := []*kiosk.VisitorManager{s.manager(s.sealer(sealed.WithRevocations(store))), s.manager(s.sealer(sealed.WithRevocations(store)))}
			signedIn := func(cookie string) bool {
				b := s.with(cookie)
				b.manager = two[1]
				return see(b, (*kiosk.Visitor).HasUserID)
			}
			for round, end := range []func(b *browser){
				func(b *browser) { b.visit((*kiosk.Visitor).Destroy) },
				func(b *browser) { must(t, two[1].Revoke(t.Context(), see(b, idOf))) },
				func(b *browser) { _, err := two[1].RevokeByUserID(context.Background(), 7); must(t, err) },
				func(b *browser) {
					b.visit((*kiosk.Visitor).RevokeOthers)
					equal(t, see(b, (*kiosk.Visitor).UserID), 7, "who revoked the others")
					b.visit((*kiosk.Visitor).Destroy)
				},
			} {
				b := s.browser()
				b.manager = two[0]
				b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
				b.visit((*kiosk.Visitor).Renew)
				b.visit(func(v *kiosk.Visitor) { v.SetRole("admin") })
				var group sync.WaitGroup
				for range 4 {
					group.Go(func() { b.clone().visit(func(v *kiosk.Visitor) { v.AddVisits(1) }) })
				}
				group.Wait()
				equal(t, signedIn(b.had[2]), true, "the last cookie is good")
				end(b)
				for i, cookie := range b.had {
					if signedIn(cookie) {
						t.Errorf("round %d: cookie %d is good after the end", round, i)
					}
				}
			}
			// Sessions of its own, in the same store, are another matter.
			guests, err := kiosk.NewGuestManager(store)
			must(t, err)
			must(t, guests.Revoke(t.Context(), runtime.ID{1}))
		})
	}
}
