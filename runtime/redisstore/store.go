package redisstore

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sessiongen/sessiongen/runtime"
)

// Store keeps sessions in Redis and implements [runtime.Store],
// [runtime.Indexer] and [runtime.Watcher]. Its methods are safe for several goroutines.
//
// A call returns when its context ends, whatever the client's timeouts are. What it
// has sent by then may still take effect, and holds a connection until the client's
// ReadTimeout. Clients made with ContextTimeoutEnabled spare the store a goroutine
// for each call whose context has a deadline, and the connection is free again at the
// deadline; should such a context be cancelled before that, the call may go on until
// its deadline.
//
// The store does not promise [runtime.SendsOnce], because go-redis repeats calls
// whose answer was lost.
type Store struct {
	client redis.UniversalClient
	prefix string
	split  bool // terms may be kept by other servers than sessions

	keepsDeadlines bool // the client does, those of contexts

	clock           func() string // milliseconds since 1970; "" is the server's
	replicas        int           // how many have to have a write
	patience        time.Duration // with them
	unchecked       bool
	unknownEviction bool

	listener *listener
}

var (
	_ runtime.Store   = (*Store)(nil)
	_ runtime.Indexer = (*Store)(nil)
	_ runtime.Watcher = (*Store)(nil)
)

// checkTimeout bounds the questions that New asks.
const checkTimeout = 5 * time.Second

// New returns a store that uses the client, which stays the caller's to close. It
// asks every primary whether it may be relied on, see [Store.Check], for up to five
// seconds, and fails if one may not or does not answer.
//
// The client is a *redis.Client or a *redis.ClusterClient, as
// redis.NewUniversalClient makes them. New refuses a *redis.Ring, and clients that
// read from replicas.
func New(client redis.UniversalClient, options ...Option) (*Store, error) {
	s := &Store{client: client, prefix: "sessiongen:", clock: func() string { return "" }}
	s.listener = newListener(s)
	if err := s.inspect(); err != nil {
		return nil, err
	}
	for _, option := range options {
		if option == nil {
			return nil, errors.New("redisstore: New was given a nil option")
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

// session is the key of a session.
func (s *Store) session(id runtime.ID) string { return s.prefix + "s:" + id.String() }

// index is the key of a term's entries. Half a term is enough to tell terms apart;
// should two of them meet, the records decide.
func (s *Store) index(t runtime.Term) string {
	return s.prefix + "t:" + base64.RawURLEncoding.EncodeToString(t[:16])
}
