package redisstore

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Option changes how [New] builds a store.
type Option func(*Store) error

// WithPrefix sets what every key begins with: "sessiongen:" by default. Applications
// that share a server keep apart by it; those that share sessions have the same one.
// With a hash tag in it, such as "{shop}:", a Cluster keeps everything on one server.
func WithPrefix(prefix string) Option {
	return func(s *Store) error {
		if prefix == "" {
			return errors.New("redisstore: WithPrefix without a prefix: keys would collide with those of others; leave the option out for the default")
		}
		s.prefix = prefix
		return nil
	}
}

// WithSeparateIndex writes sessions and the index as in a Cluster, one after the other,
// each with a script of its own. It is for clients of a single address behind which a
// proxy spreads keys over several servers, as it does for a sharded Redis Enterprise
// database: scripts with several keys fail there with CROSSSLOT.
func WithSeparateIndex() Option {
	return func(s *Store) error {
		s.split = true
		return nil
	}
}

// WithReplicas makes every write wait until as many replicas have it, for at most
// the timeout, and fail if they do not by then. The write is not undone: it is
// repeated as after any unclear error, and reported as failed if the replicas still
// lag behind. A failover is then less likely to undo a logout, and still may, for
// Redis does not promise to choose a replica that has the write. The timeout, a
// millisecond or more, has to be shorter than the client's ReadTimeout.
//
// Revoke ends sessions one by one then, and takes a round trip for each.
func WithReplicas(count int, timeout time.Duration) Option {
	return func(s *Store) error {
		if count < 1 || timeout < time.Millisecond {
			return fmt.Errorf("redisstore: WithReplicas(%d, %v): wait for one replica or more, and a millisecond or more: without a timeout Redis waits for ever", count, timeout)
		}
		s.replicas, s.patience = count, timeout
		return nil
	}
}

// WithoutCheck makes [New] ask the servers nothing, so that the program starts while
// they cannot be reached. Call [Store.Check] before sessions are relied on.
func WithoutCheck() Option {
	return func(s *Store) error {
		s.unchecked = true
		return nil
	}
}

// WithUnknownEviction accepts servers that do not tell their maxmemory-policy. You
// have then seen to it that it is noeviction.
func WithUnknownEviction() Option {
	return func(s *Store) error {
		s.unknownEviction = true
		return nil
	}
}

// WithClock makes deadlines go by a clock of the caller's instead of the server's,
// for tests. It is called from several goroutines, and has to show a time after 1970.
func WithClock(now func() time.Time) Option {
	return func(s *Store) error {
		if now == nil {
			return errors.New("redisstore: WithClock(nil): leave the option out for the server's clock")
		}
		s.clock = func() string { return strconv.FormatInt(now().UnixMilli(), 10) }
		return nil
	}
}
