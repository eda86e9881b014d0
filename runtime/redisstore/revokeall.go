package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

const (
	// scanSize is the number of keys that a server examines for one SCAN, which takes it less
	// than a millisecond.
	scanSize = 1000
	// maxWalks is how often RevokeAll begins again because the keys have moved.
	maxWalks = 3
	// allSlots is the number of slots of a Cluster.
	allSlots = 16384
)

// errMoving is the error of a RevokeAll that cannot be sure to have seen every session.
var errMoving = errors.New("keys are moving between the servers, so some sessions may be left: " +
	"call RevokeAll again when no slot is being moved and no failover is in progress")

// RevokeAll implements [runtime.Revoker]. It walks over the keys of every primary by SCAN, and
// ends the sessions among them a hundred at a time, or one by one in a Cluster. Other keys of the
// server are passed over. A session that is created during the call may be ended, too.
//
// SCAN may miss a key that moves to another server. RevokeAll therefore begins again if a slot
// has moved meanwhile or another server has become the primary, and returns an error if that goes
// on.
func (s *Store) RevokeAll(ctx context.Context, prefix string) (int, error) {
	var count atomic.Int64
	err := s.walks(ctx, prefix, &count)
	return int(count.Load()), wrap("revoking all sessions", err)
}

func (s *Store) walks(ctx context.Context, prefix string, count *atomic.Int64) error {
	before, err := s.layout(ctx)
	for range maxWalks {
		if err != nil {
			return err
		}
		if err := s.eachPrimary(ctx, func(server *redis.Client) error { return s.walk(ctx, server, prefix, count) }); err != nil {
			return err
		}
		var after layout
		after, err = s.layout(ctx)
		if err == nil && after.settled && before.settled && slices.Equal(after.servers, before.servers) {
			return nil
		}
		before = after
	}
	if err == nil {
		err = errMoving
	}
	return err
}

// walk ends the sessions that a server keeps.
func (s *Store) walk(ctx context.Context, server *redis.Client, prefix string, count *atomic.Int64) error {
	pattern := literal(s.prefix+"s:") + "*"
	for cursor := uint64(0); ; {
		found, err := await(ctx, s.keepsDeadlines, func() (found scanned, err error) {
			found.keys, found.next, err = server.Scan(ctx, cursor, pattern, scanSize).Result()
			return found, err
		})
		if err != nil {
			return s.noticed(ctx, err)
		}
		n, err := s.revokeEach(ctx, s.endings(found.keys, prefix))
		count.Add(int64(n))
		if err != nil {
			return err
		}
		if cursor = found.next; cursor == 0 {
			return nil
		}
	}
}

// scanned is the answer to SCAN.
type scanned struct {
	keys []string
	next uint64
}

// endings returns the calls that end sessions. Each has an identity of its own, by which it
// counts a session once if go-redis repeats it, and not at all if SCAN returns the key again.
func (s *Store) endings(keys []string, prefix string) (calls []call) {
	slices.Sort(keys)
	size := pageSize
	if s.split {
		size = 1
	}
	for some := range slices.Chunk(slices.Compact(keys), size) {
		by := make([]byte, revSize)
		rand.Read(by)
		calls = append(calls, call{revokeAllScript, some, []any{s.clock(), by, prefix}})
	}
	return calls
}

// literal returns a glob pattern that matches one text.
func literal(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`, `^`, `\^`, `-`, `\-`).Replace(text)
}

// layout is where the keys are.
type layout struct {
	servers []string // the process of each primary, and its slots
	settled bool     // no slot is being moved, and every slot has a primary
}

func (s *Store) layout(ctx context.Context) (layout, error) {
	var mu sync.Mutex // also against calls that were abandoned at the end of ctx
	var l layout
	slots, moving := 0, false
	_, cluster := s.client.(*redis.ClusterClient)
	err := s.eachPrimary(ctx, func(server *redis.Client) error {
		info, err := server.Info(ctx, "server").Result()
		if err != nil {
			return err
		}
		own := ""
		if cluster {
			nodes, err := server.ClusterNodes(ctx).Result()
			if err != nil {
				return err
			}
			own = ownSlots(nodes)
		}
		n, moves := countSlots(own)
		mu.Lock()
		defer mu.Unlock()
		l.servers = append(l.servers, field(info, "run_id")+" "+own)
		slots, moving = slots+n, moving || moves
		return nil
	})
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(l.servers)
	l.settled = !cluster || slots == allSlots && !moving
	return layout{slices.Clone(l.servers), l.settled}, err
}

// ownSlots returns the slots in a server's own line of the answer to CLUSTER NODES.
func ownSlots(nodes string) string {
	const before = 8 // fields in front of the slots
	for line := range strings.Lines(nodes) {
		if fields := strings.Fields(line); len(fields) > before && strings.Contains(fields[2], "myself") {
			return strings.Join(fields[before:], " ")
		}
	}
	return ""
}

// countSlots returns the number of slots in a list such as "0-5460 5462 [5461->-node]", and
// whether the list has a slot that is being moved.
func countSlots(own string) (n int, moves bool) {
	for _, part := range strings.Fields(own) {
		if strings.HasPrefix(part, "[") {
			moves = true
			continue
		}
		from, to, ranged := strings.Cut(part, "-")
		first, err := strconv.Atoi(from)
		last := first
		if ranged && err == nil {
			last, err = strconv.Atoi(to)
		}
		if err == nil {
			n += last - first + 1
		}
	}
	return n, moves
}

// eachPrimary calls f for every primary, for several at the same time.
func (s *Store) eachPrimary(ctx context.Context, f func(*redis.Client) error) error {
	_, err := await(ctx, s.keepsDeadlines, func() (struct{}, error) {
		cluster, ok := s.client.(*redis.ClusterClient)
		if !ok {
			return struct{}{}, f(s.client.(*redis.Client))
		}
		return struct{}{}, cluster.ForEachMaster(ctx, func(_ context.Context, server *redis.Client) error { return f(server) })
	})
	return s.noticed(ctx, err)
}
