package redisstore

import (
	"github.com/sessiongen/sessiongen/runtime"
)

// Watch implements [runtime.Watcher]. It reports changes by every process that shares the
// sessions. This takes Redis 7 or later, or Valkey, and permission to subscribe to the shard
// channels that have the names of the keys. Nothing is reported if the server refuses, or
// while the connection is down.
//
// For this, the store opens one connection to each server that keeps a watched session, in
// addition to the client's pool. It has none while no session is watched.
func (s *Store) Watch(ids ...runtime.ID) (changed <-chan struct{}, stop func()) {
	told := make(chan struct{}, 1)
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = s.session(id)
	}
	s.listener.add(told, keys)
	return told, func() { s.listener.remove(told, keys) }
}

// Close ends the subscriptions of [Store.Watch], and always returns nil. It does not close the
// client.
func (s *Store) Close() error {
	s.listener.close()
	return nil
}
