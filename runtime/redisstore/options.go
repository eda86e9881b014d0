package redisstore

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Option configures a store that [New] returns. New returns the error of an option.
type Option func(*Store) error

// WithPrefix sets the prefix of all keys. The default is "sessiongen:". Applications that
// share a server need different prefixes, and applications that share sessions need the
// same one. With a hash tag in the prefix, such as "{shop}:", a Cluster keeps all sessions
// on one server. An empty prefix is an error.
func WithPrefix(prefix string) Option {
	return func(s *Store) error {
		if prefix == "" {
			return errors.New("redisstore: the prefix is empty, so keys could collide with those of other programs: leave the option out for the default")
		}
		s.prefix = prefix
		return nil
	}
}

// WithSeparateIndex writes the index and the sessions as in a Cluster: one after the other,
// each with a script of its own. It is for clients of a single address behind which a proxy
// distributes keys over several servers, such as a sharded Redis Enterprise database. There,
// scripts with several keys fail with CROSSSLOT.
func WithSeparateIndex() Option {
	return func(s *Store) error {
		s.split = true
		return nil
	}
}

// WithReplicas makes every write wait until count replicas have it. A write fails if they do
// not have it within the timeout. It is not undone: the caller repeats it as after any
// unclear error, and it fails again if the replicas still lag behind. A failover is then
// less likely to undo a logout, and still may, because Redis does not promise to choose a
// replica that has the write. count is at least one. The timeout is at least a millisecond,
// and has to be shorter than the client's ReadTimeout.
//
// With this option, Revoke ends sessions one by one, with a round trip for each.
func WithReplicas(count int, timeout time.Duration) Option {
	return func(s *Store) error {
		if count < 1 || timeout < time.Millisecond {
			return fmt.Errorf("redisstore: invalid WithReplicas(%d, %v): wait for one replica or more, and a millisecond or more, because without a timeout Redis waits for ever", count, timeout)
		}
		s.replicas, s.patience = count, timeout
		return nil
	}
}

// WithoutCheck makes [New] skip the check of the servers, so that the program starts while
// they cannot be reached. Call [Store.Check] before you rely on sessions.
func WithoutCheck() Option {
	return func(s *Store) error {
		s.unchecked = true
		return nil
	}
}

// WithUnknownEviction accepts servers that do not tell their maxmemory-policy. Make sure
// that it is noeviction.
func WithUnknownEviction() Option {
	return func(s *Store) error {
		s.unknownEviction = true
		return nil
	}
}

// WithClock replaces the server's clock as the one that decides about deadlines, for tests.
// The store calls now from several goroutines. Its times have to be after 1970. A nil now is
// an error.
func WithClock(now func() time.Time) Option {
	return func(s *Store) error {
		if now == nil {
			return errors.New("redisstore: the clock is nil: leave WithClock out for the server's clock")
		}
		s.clock = func() string { return strconv.FormatInt(now().UnixMilli(), 10) }
		return nil
	}
}
