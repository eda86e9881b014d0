package sealed_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

// handing is a sealed store with the Delete of the store for revocations.
type handing struct {
	*sealed.Store
	records *memstore.Store
}

func (h handing) Delete(ctx context.Context, id runtime.ID) error { return h.records.Delete(ctx, id) }

// A sealed store passes the calls for revocation records on unchanged.
func TestConformance(t *testing.T) {
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
			records := memstore.New(memstore.WithClock(clock.Now))
			store, err := sealed.New(ring(t, secret), sealed.WithRevocations(records))
			must(t, err)
			t.Cleanup(func() { must(t, store.Close()) })
			return handing{store, records}
		},
	})
}

// loaded remembers which records were loaded.
type loaded struct {
	*memstore.Store
	ids []runtime.ID
}

func (l *loaded) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	l.ids = append(l.ids, id)
	return l.Store.Load(ctx, id)
}

// A record that could be deleted would make the session valid again a minute later.
func TestWhatWasRevokedIsNotForgotten(t *testing.T) {
	s := newSite(t)
	records := &loaded{Store: s.records}
	store := s.sealer(sealed.WithRevocations(records))
	s.visitors = s.manager(store)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	id := see(b, idOf)
	must(t, s.visitors.Revoke(t.Context(), id))
	for _, id := range append(records.ids, id) {
		if err := store.Delete(t.Context(), id); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("Delete: %v", err)
		}
	}
	s.clock.advance(2 * time.Minute)
	equal(t, see(s.with(b.had[0]), (*kiosk.Visitor).HasUserID), false, "a user is signed in")
}
