package queue

import (
	"context"
	"errors"
	goruntime "runtime"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
)

func TestQueueGivesTurnsInProcess(t *testing.T) {
	var q Queue
	id := runtime.ID{4: 7}
	inside, most := 0, 0
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if err := q.Enter(t.Context(), id); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			goruntime.Gosched()
			mu.Lock()
			inside--
			mu.Unlock()
			q.Leave(id)
		})
	}
	group.Wait()
	if most != 1 {
		t.Errorf("%d had the turn at once", most)
	}
	for i := range q.shards {
		if n := len(q.shards[i].waiting); n != 0 {
			t.Errorf("%d entries are left", n)
		}
	}
}

func TestQueueWaitIsBoundedByTheContext(t *testing.T) {
	var q Queue
	id := runtime.ID{4: 7}
	if err := q.Enter(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.Enter(ctx, id); !errors.Is(err, context.Canceled) {
		t.Errorf("second: %v", err)
	}
	q.Leave(id)
	if err := q.Enter(t.Context(), id); err != nil {
		t.Error(err)
	}
	q.Leave(id)
}
