package redisstore

import (
	"context"
	"flag"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
)

var long = flag.Bool("long", false, "run the long versions of tests")

// fill creates sessions, all with the same terms.
func fill(t testing.TB, s *Store, n int, terms ...runtime.Term) {
	t.Helper()
	const workers = 16
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for j := i; j < n; j += workers {
				if err := s.Create(context.Background(), fresh[runtime.ID](), record(terms...), day); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
}
