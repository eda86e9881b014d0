package rules

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// The mix runs here so that rules can be taken out of it.
func TestMix(t *testing.T) {
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	contest.Mix(t, contest.Ground{Open: func(testing.TB) runtime.Store { return store }}, contest.MixLength(testsite.Long))
}
