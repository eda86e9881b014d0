package sqlstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// A server may become silent at any time, also at the end of a transaction. The call still ends
// with its context.
func TestR4_ATransactionOnASilentServerEndsWithItsContext(t *testing.T) {
	each(t, servers, func(t *testing.T, d database) {
		server := d.own(t)
		proxy := testserver.NewProxy(t, server.Address())
		db, w := d.watch(t, server.URLAt(proxy.Address()))
		store := d.store(t, db)
		first, second := newRecord(newTerm(), newTerm()), newRecord(newTerm(), newTerm())
		id, other := newID(), newID()
		must(t, store.Create(t.Context(), id, first, day))
		for name, call := range map[string]func(context.Context) error{
			"COMMIT":   func(ctx context.Context) error { return store.Create(ctx, other, second, day) },
			"ROLLBACK": func(ctx context.Context) error { return store.Create(ctx, id, second, day) },
		} {
			silent := false
			w.stand(func(op, text string, _ int) error {
				if op == "commit" || op == "rollback" || op == "exec" && (text == "COMMIT" || text == "ROLLBACK") {
					silent = true
					proxy.Stall()
				}
				return nil
			}, nil)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			ended := make(chan error, 1)
			go func() { ended <- call(ctx) }()
			select {
			case err := <-ended:
				if err == nil || errors.Is(err, runtime.ErrExists) {
					t.Errorf("%s: got %v from a server that is silent", name, err)
				}
			case <-time.After(30 * time.Second):
				t.Errorf("%s: the call goes on 30 seconds after its context ended", name)
			}
			cancel()
			proxy.Reset()
			proxy.Pass()
			w.stand(nil, nil)
			if !silent {
				t.Errorf("%s: the server did not fall silent", name)
			}
		}
		// Its remains do not delay other calls.
		third := newRecord(newTerm(), newTerm())
		must(t, store.Create(t.Context(), newID(), third, day))
	})
}
