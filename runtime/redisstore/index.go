package redisstore

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

const (
	// pageSize is the number of entries, and of sessions, that are read at a time, so
	// that the server does other work in between.
	pageSize = 100
	// spare is the time for which an entry outlasts its session if they may be on
	// different servers: the record is written after the entry, by another clock.
	spare = time.Hour
)

// enter makes the index list a session for at least lifetime milliseconds. It must return
// before a record with the terms is written.
func (s *Store) enter(ctx context.Context, id runtime.ID, terms []runtime.Term, lifetime int64) error {
	if len(terms) == 0 {
		return nil
	}
	calls := make([]call, len(terms))
	for i, t := range terms {
		calls[i] = call{enterScript, []string{s.index(t)}, []any{s.clock(), lifetime + spare.Milliseconds(), id[:]}}
	}
	if s.replicas > 0 {
		for _, c := range calls {
			if _, err := s.write(ctx, c); err != nil {
				return err
			}
		}
		return nil
	}
	results, err := s.readAll(ctx, calls)
	if err != nil {
		return err
	}
	for _, result := range results {
		if _, err := result.Int64(); err != nil { // also if a hook has dropped the call
			return err
		}
	}
	return nil
}

// entries walks over the sessions that may carry a term.
type entries struct {
	store *Store
	index string
	after []byte // the ID of the last entry read; empty at the start
	epoch any    // the last epoch of interest; "" means all
	over  bool   // there are no more entries
}

// next returns the IDs in the next page, in order.
func (e *entries) next(ctx context.Context, size int) ([]runtime.ID, error) {
	answer, err := e.store.read(ctx, call{pageScript, []string{e.index}, []any{e.store.clock(), e.after, size, e.epoch}})
	if err != nil {
		return nil, err
	}
	list, _ := answer.([]any)
	if len(list) != 3 {
		return nil, fmt.Errorf("unexpected answer of type %T from the server", answer)
	}
	count, _ := list[0].(int64)
	last, _ := list[1].(string)
	packed, _ := list[2].(string)
	e.after, e.over = []byte(last), count < int64(size)
	ids := make([]runtime.ID, len(packed)/len(runtime.ID{}))
	for i := range ids {
		copy(ids[i][:], packed[i*len(runtime.ID{}):])
	}
	return ids, nil
}

// List implements [runtime.Indexer].
func (s *Store) List(ctx context.Context, t runtime.Term, after runtime.ID, max int) ([]runtime.ID, []runtime.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, wrap("listing sessions", err)
	}
	var found []runtime.ID
	var records []runtime.Record
	walk := entries{store: s, index: s.index(t), after: after[:], epoch: ""}
	for len(found) < max && !walk.over {
		ids, err := walk.next(ctx, min(max-len(found), pageSize))
		if err != nil {
			return nil, nil, wrap("listing sessions", err)
		}
		calls := make([]call, len(ids))
		for i, id := range ids {
			calls[i] = s.load(id)
		}
		results, err := s.readAll(ctx, calls)
		if err != nil {
			return nil, nil, wrap("listing sessions", err)
		}
		for i, result := range results {
			answer, err := result.Result()
			if err != nil {
				return nil, nil, wrap("listing sessions", err)
			}
			rec, err := loaded(answer)
			switch {
			case err == runtime.ErrNotFound || err == runtime.ErrGone:
			case err != nil:
				return nil, nil, err
			case slices.Contains(rec.Terms, t):
				found, records = append(found, ids[i]), append(records, rec)
			}
		}
	}
	return found, records, nil
}

// Revoke implements [runtime.Indexer]. On a single server, it spares every session that takes
// up t after the call began, also one that carried t before, unless the answer to the first
// command is lost and go-redis repeats it. In a Cluster, it may revoke a session that takes up
// t again during the call, or whose sign-in was in progress.
func (s *Store) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (int, error) {
	count, err := s.revoke(ctx, t, keep)
	return count, wrap("revoking sessions", err)
}

func (s *Store) revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (count int, err error) {
	begun, err := s.read(ctx, call{beginScript, []string{s.index(t)}, nil})
	if err != nil {
		return 0, err
	}
	if begun == int64(-1) {
		return 0, nil
	}
	// This identifies the call. If go-redis repeats a command whose answer was lost, the
	// sessions that the first attempt has deleted still count.
	by := make([]byte, revSize)
	rand.Read(by)
	walk := entries{store: s, index: s.index(t), epoch: begun}
	for !walk.over {
		ids, err := walk.next(ctx, pageSize)
		if err != nil {
			return count, err
		}
		var calls []call
		for _, id := range ids {
			if id != keep {
				calls = append(calls, call{revokeScript, s.keys(id, []runtime.Term{t}), []any{s.clock(), by, t[:], begun, id[:]}})
			}
		}
		n, err := s.revokeEach(ctx, calls)
		count += n
		if err != nil {
			return count, err
		}
	}
	return count, nil
}

// revokeEach runs scripts that may delete sessions, and returns the number of deleted
// sessions.
func (s *Store) revokeEach(ctx context.Context, calls []call) (count int, err error) {
	if s.replicas > 0 {
		for _, c := range calls {
			n, err := s.write(ctx, c)
			if err != nil {
				return count, err
			}
			count += int(n)
		}
		return count, nil
	}
	results, err := s.readAll(ctx, calls)
	if err != nil {
		return 0, err
	}
	for _, result := range results {
		n, failed := result.Int64()
		if failed != nil {
			err = failed
		}
		count += int(n)
	}
	return count, err
}
