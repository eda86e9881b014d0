package sqlstore_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// Behind PgBouncer, a connection to the server changes hands after each transaction. The modes of
// pgx that the comment of sqlstore.Postgres names hold, also for requests at the same time. How
// many requests the other modes fail is a matter of luck, and of PgBouncer's version.
func TestR8_BehindATransactionPooler(t *testing.T) {
	t.Parallel()
	server := testserver.Postgres(t)
	bouncer := testserver.PgBouncer(t, server)
	for mode, holds := range map[string]bool{
		"exec": true, "cache_describe": true, "simple_protocol": true,
		"cache_statement": false, "describe_exec": false,
	} {
		made := postgres.store(t, postgres.connect(t, server.URL()))
		store := storeBeside(t, postgres, made, postgres.connect(t, postgres.with(bouncer.URL(), "default_query_exec_mode", mode)))
		var e events
		visitors := shopOn(t, store, &e)
		var group sync.WaitGroup
		var failed atomic.Int64
		const workers, each = 8, 40
		for range workers {
			group.Go(func() {
				b := &browser{visitors: visitors}
				for i := range each {
					status, _ := b.visit(func(v *shop.Visitor) {
						v.AddVisits(1)
						v.SetTeam(fmt.Sprint(i))
						if i == each/2 {
							v.SetUserID(7) // from then on, SetTeam takes a transaction
						}
					})
					if status != http.StatusOK {
						failed.Add(1)
					}
				}
			})
		}
		group.Wait()
		t.Logf("%s: %d of %d requests failed: %v", mode, failed.Load(), workers*each, e.first)
		if holds && failed.Load() > 0 {
			t.Errorf("%s: %d of %d requests failed: %v", mode, failed.Load(), workers*each, e.first)
		}
		if !holds {
			continue
		}
		must(t, store.CreateTables(t.Context()))
		must(t, useAll(t.Context(), store, newTerm()))
		_, err := store.Sweep(t.Context())
		must(t, err)
	}
}
