package contest_test

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func TestMix(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	contest.Mix(t, contest.Ground{Open: func(testing.TB) runtime.Store { return store }}, contest.MixLength(false))
}
