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
	// pageSize is how many entries are read at a time, and how many sessions: the
	// server does other work in between.
	pageSize = 100
	// spare is how much longer than its session an entry lasts that another server
	// keeps: the record is written later than the entry, by another clock.
	spare = time.Hour
)

// enter sees to it that the index lists a session, for so many milliseconds and
// some more, before a record says that it carries the terms.
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
		if _, err := result.Int64(); err != nil { // nor is no answer one, as where a hook kept the call
			return err
		}
	}
	return nil
}

// entries walks over the sessions that may carry a term.
type entries struct {
	store *Store
	index string
	after []byte // of the last entry that was read; empty before the first
	epoch any    // the last one of interest; "" is all
	over  bool
}

// next returns the IDs in the next page, in order.
func (e *entries) next(ctx context.Context, size int) ([]runtime.ID, error) {
	answer, err := e.store.read(ctx, call{pageScript, []string{e.index}, []any{e.store.clock(), e.after, size, e.epoch}})
	if err != nil {
		return nil, err
	}
	list, _ := answer.([]any)
	if len(list) != 3 {
		return nil, fmt.Errorf("the server answers with a %T, which the script never does", answer)
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

// Revoke implements [runtime.Indexer]. With a single server, a session that comes to
// carry t after the call began is never revoked by it, not even if it carried t
// before, unless the answer to the call's first command is lost and go-redis sends that
// again. In a Cluster, one that had left the term and takes it up again meanwhile, or
// whose sign-in was under way, may be.
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
	// A call that is sent twice, because its answer was lost, counts what it deleted
	// the first time.
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
		n, err := s.revokeAll(ctx, calls)
		count += n
		if err != nil {
			return count, err
		}
	}
	return count, nil
}

// revokeAll makes calls that each delete a session or do not, and returns how many did.
func (s *Store) revokeAll(ctx context.Context, calls []call) (count int, err error) {
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
