package redisstore

import (
	"github.com/sessiongen/sessiongen/runtime"
)

// Watch implements [runtime.Watcher]: the server says that a session was changed, whoever has
// changed it. That takes Redis 7 or later, or Valkey, and permission to subscribe to the shard
// channels that are called like the keys. Where the server refuses, and while the connection is
// down, nothing is said.
//
// The store has one connection for it to each server that keeps a session which is watched, beside those of the
// client's pool, and none while no session is watched.
func (s *Store) Watch(ids ...runtime.ID) (changed <-chan struct{}, stop func()) {
	told := make(chan struct{}, 1)
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = s.session(id)
	}
	s.listener.add(told, keys)
	return told, func() { s.listener.remove(told, keys) }
}

// Close ends what [Store.Watch] has begun, and never fails. The client is the caller's.
func (s *Store) Close() error {
	s.listener.close()
	return nil
}
