package sealed_test

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// What the lines carry are the calls to the store for revocations, which all programs share.
func TestMix(t *testing.T) {
	revocations := memstore.New()
	t.Cleanup(func() { revocations.Close() })
	contest.Mix(t, contest.Ground{
		LastWins: true,
		Refusals: 100, // of requests whose session another one renews meanwhile
		OpenThrough: func(t testing.TB, around func(runtime.Store) runtime.Store) runtime.Store {
			store, err := sealed.New(ring(t, secret), sealed.WithRevocations(around(revocations)))
			must(t, err)
			return store
		},
	}, contest.MixLength(long))
}
