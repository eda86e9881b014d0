package redisstore

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sessiongen/sessiongen/runtime"
)

// Store keeps sessions in Redis. It implements [runtime.Store], [runtime.Indexer],
// [runtime.Revoker] and [runtime.Watcher], and is safe for use by several goroutines.
//
// A call returns when its context ends, whatever the client's timeouts are. A command that
// was sent by then may still take effect, and occupies a connection until the client's
// ReadTimeout. With a client made with ContextTimeoutEnabled, a call whose context has a
// deadline needs no goroutine, and the connection is free again at the deadline. If such a
// context is cancelled earlier, the call may continue until the deadline.
//
// The store does not implement [runtime.SendsOnce], because go-redis repeats commands whose
// answer was lost.
type Store struct {
	client redis.UniversalClient
	prefix string
	split  bool // a session and its terms may be on different servers

	keepsDeadlines bool // the client observes the deadlines of contexts

	clock           func() string // milliseconds since 1970; "" means the server's clock
	replicas        int           // number of replicas that must have a write
	patience        time.Duration // for how long a write waits for them
	unchecked       bool
	unknownEviction bool

	listener *listener
}

var (
	_ runtime.Store   = (*Store)(nil)
	_ runtime.Indexer = (*Store)(nil)
	_ runtime.Revoker = (*Store)(nil)
	_ runtime.Watcher = (*Store)(nil)
)

// checkTimeout limits the time of the check in New, and of a subscription.
const checkTimeout = 5 * time.Second

// New returns a store that uses a client. The caller remains responsible for closing the
// client. New checks every primary, see [Store.Check], for up to five seconds, and returns
// an error if a server is not suitable or does not answer.
//
// The client is a *redis.Client or a *redis.ClusterClient, such as
// redis.NewUniversalClient returns. New returns an error for a *redis.Ring, for clients that
// read from replicas, and for a nil client or option.
func New(client redis.UniversalClient, options ...Option) (*Store, error) {
	s := &Store{client: client, prefix: "sessiongen:", clock: func() string { return "" }}
	s.listener = newListener(s)
	if err := s.inspect(); err != nil {
		return nil, err
	}
	for _, option := range options {
		if option == nil {
			return nil, errors.New("redisstore: an option is nil: leave it out")
		}
		if err := option(s); err != nil {
			return nil, err
		}
	}
	if s.unchecked {
		return s, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
	defer cancel()
	if err := s.Check(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// session returns the key of a session.
func (s *Store) session(id runtime.ID) string { return s.prefix + "s:" + id.String() }

// index returns the key of a term's entries. Half a term is enough to tell terms apart. If
// two terms shared a key, the records would decide.
func (s *Store) index(t runtime.Term) string {
	return s.prefix + "t:" + base64.RawURLEncoding.EncodeToString(t[:16])
}
