package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

const label, anotherLabel = "\n\x10label of this app", "\n\x10label of another"

func labelled(t testing.TB, s *Store, label string) runtime.ID {
	t.Helper()
	id, rec := fresh[runtime.ID](), record()
	rec.Data = label + rec.Data
	if err := s.Create(t.Context(), id, rec, day); err != nil {
		t.Fatal(err)
	}
	return id
}

// Everybody is signed out while visitors go on to sign in and to use sessions of another
// application. With SESSIONGEN_TEST_LONG it is a million sessions, which are to end within half a
// minute.
func TestRevokeAllOfManySessions(t *testing.T) {
	n := 20_000
	if long {
		n = 1_000_000
	}
	client := single(t, testserver.Redis(t).URL())
	s := open(t, client, WithPrefix(`pre[f]ix*\?^-:`)) // an address that a pattern must not take for one
	now := time.Now().Add(time.Hour).UnixMilli()
	for from := 0; from < n; from += 1000 {
		_, err := client.Pipelined(t.Context(), func(p redis.Pipeliner) error {
			for i := from; i < min(n, from+1000); i++ {
				rec := record()
				rec.Data = label + rec.Data
				b, _ := body(rec)
				p.Set(t.Context(), s.session(fresh[runtime.ID]()), "S"+deadline(now)+deadline(now)+string(b), time.Hour)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	stranger := labelled(t, s, anotherLabel)
	elsewhere := labelled(t, open(t, client, WithPrefix("another:")), label)
	client.HSet(t.Context(), "a key of another program", "field", "value")

	var logins []runtime.ID
	var waits []time.Duration
	over, tick := make(chan struct{}), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			start := time.Now()
			logins = append(logins, labelled(t, s, label))
			if _, err := s.Load(t.Context(), stranger); err != nil {
				t.Errorf("a session of another application meanwhile: %v", err)
			}
			waits = append(waits, time.Since(start)/2)
		}
	})
	start := time.Now()
	count, err := s.RevokeAll(t.Context(), label)
	took := time.Since(start)
	close(over)
	group.Wait()
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, id := range logins {
		switch _, err := s.Load(t.Context(), id); {
		case err == nil:
			left++
		case err != runtime.ErrGone:
			t.Errorf("a login meanwhile: %v", err)
		}
	}
	slices.Sort(waits)
	t.Logf("ended %d sessions in %v; %d of %d logins meanwhile stayed; their calls took %v, 99%% up to %v, the slowest %v",
		count, took, left, len(logins), waits[len(waits)/2], waits[len(waits)*99/100], waits[len(waits)-1])
	equal(t, count, n+len(logins)-left, "sessions ended")
	if long && took > 30*time.Second {
		t.Errorf("took %v, want 30s at most", took)
	}
	if again, err := s.RevokeAll(t.Context(), label); err != nil || again != left {
		t.Errorf("another call: ended %d, %v, want the %d logins that stayed", again, err, left)
	}
	if _, err := s.Load(t.Context(), stranger); err != nil {
		t.Errorf("the session of another application: %v", err)
	}
	if _, err := open(t, client, WithPrefix("another:")).Load(t.Context(), elsewhere); err != nil {
		t.Errorf("the session under another prefix: %v", err)
	}
}

func deadline(milliseconds int64) string {
	var b [8]byte
	for i := range b {
		b[i] = byte(milliseconds >> (56 - 8*i))
	}
	return string(b[:])
}

// SCAN may miss a key that moves. RevokeAll must not call that the end of all sessions.
func TestRevokeAllOfAClusterWhoseSlotsMove(t *testing.T) {
	t.Parallel()
	cluster := testserver.RedisCluster(t, 3, 0)
	client := clustered(t, cluster.Addresses())
	s := open(t, client)
	var ids []runtime.ID
	for range 200 {
		ids = append(ids, labelled(t, s, label))
	}
	m := newMove(t, cluster, client, s.session(ids[0]))
	m.begin()
	m.migrate()
	if _, err := s.RevokeAll(t.Context(), label); !errors.Is(err, errMoving) || !strings.HasPrefix(err.Error(), "redisstore: revoking all sessions: keys are moving") {
		t.Errorf("while a slot is being moved: got %v, want %v", err, errMoving)
	}
	m.end()
	until(t, "all sessions have ended", time.Minute, func() bool {
		_, err := s.RevokeAll(t.Context(), label)
		return err == nil
	})
	for _, id := range ids {
		if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
			t.Fatalf("after RevokeAll: got %v, want %v", err, runtime.ErrGone)
		}
	}
}

// The hash function of SCAN's order is another one in each process, so that a cursor means nothing
// to a server that was started anew.
func TestRevokeAllAcrossARestartBeginsAgain(t *testing.T) {
	t.Parallel()
	server := testserver.Redis(t, "--appendonly", "yes", "--appendfsync", "always")
	client := single(t, server.URL())
	var scans atomic.Int64
	restarting := &onScan{func() {
		if scans.Add(1) == 2 {
			server.Kill()
			server.Start()
		}
	}}
	s := open(t, client)
	ids := fill(t, s, 5000)
	client.AddHook(restarting)
	count, err := 0, error(nil)
	until(t, "RevokeAll succeeds", time.Minute, func() bool {
		var n int
		n, err = s.RevokeAll(t.Context(), strings.Repeat("x", 200))
		count += n
		return err == nil
	})
	equal(t, count, len(ids), "sessions ended")
	for _, id := range ids {
		if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
			t.Fatalf("after RevokeAll: got %v, want %v", err, runtime.ErrGone)
		}
	}
	if scans.Load() < 8 {
		t.Errorf("%d SCANs for 5000 keys whose server was started anew in between: want a second walk", scans.Load())
	}
}

// With WithReplicas, too few replicas are an error, also of this call.
func TestRevokeAllWaitsForReplicas(t *testing.T) {
	client := single(t, testserver.SharedRedis(t))
	prefix := fmt.Sprintf("lonely%x:", fresh[runtime.ID]())
	id := labelled(t, open(t, client, WithPrefix(prefix)), label)
	s := open(t, client, WithPrefix(prefix), WithReplicas(1, 10*time.Millisecond))
	if _, err := s.RevokeAll(t.Context(), label); err == nil || !strings.Contains(err.Error(), "only 0 of 1 replicas") {
		t.Errorf("without a replica: got %v, want an error", err)
	}
	if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
		t.Errorf("Load: got %v", err)
	}
}

func TestSlotsOfAServer(t *testing.T) {
	nodes := "07c3 10.0.0.1:6379@16379,host slave e7d1 0 1426238317239 4 connected\n" +
		"e7d1 10.0.0.2:6379@16379 myself,master - 0 0 1 connected 0-5460 5462 6000-6001 [5461->-292f]\n"
	own := ownSlots(nodes)
	if n, moves := countSlots(own); n != 5464 || !moves {
		t.Errorf("%q: %d slots, moving %v, want 5464 and true", own, n, moves)
	}
	if n, moves := countSlots(ownSlots(strings.Replace(nodes, "[5461->-292f]", "", 1))); n != 5464 || moves {
		t.Errorf("settled: %d slots, moving %v, want 5464 and false", n, moves)
	}
}

// onScan is a hook that runs a function before each SCAN.
type onScan struct{ before func() }

func (h *onScan) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *onScan) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (h *onScan) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, c redis.Cmder) error {
		if c.Name() == "scan" {
			h.before()
		}
		return next(ctx, c)
	}
}
