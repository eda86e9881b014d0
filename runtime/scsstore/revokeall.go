package scsstore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/sessiongen/sessiongen/runtime"
)

// iterable and iterableContext have the methods of scs's IterableStore and IterableCtxStore.
type (
	iterable interface {
		All() (map[string][]byte, error)
	}
	iterableContext interface {
		AllCtx(ctx context.Context) (map[string][]byte, error)
	}
)

// RevokeAll implements [runtime.Revoker]. It asks the underlying store for all its values at once,
// which takes memory for all of them, and ends the sessions one after the other. It spares a
// session that is created after that. If the underlying store has no method All or AllCtx, the
// error is errors.ErrUnsupported.
func (s *Store) RevokeAll(ctx context.Context, prefix string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	all, err := s.values.all(ctx)
	if err != nil {
		return 0, err
	}
	var count atomic.Int64
	_, err = await(ctx, func() (nothing, error) {
		for key, value := range all {
			id, ok := recordID(key)
			if e, err := decode(value); !ok || err != nil || e.tombstone || !strings.HasPrefix(e.data, prefix) {
				continue
			}
			begins := func(e entry) bool { return strings.HasPrefix(e.data, prefix) }
			e, err := s.revoke(ctx, id, begins, &count)
			if err != nil {
				return nothing{}, err
			}
			for _, t := range distinct(e.terms) {
				s.forget(ctx, t, id)
			}
		}
		return nothing{}, nil
	})
	return int(count.Load()), err
}

// all returns the values of the underlying store by their keys.
func (v *values) all(ctx context.Context) (map[string][]byte, error) {
	found, err := await(ctx, func() (map[string][]byte, error) {
		switch store := v.plain.(type) {
		case iterableContext:
			return store.AllCtx(ctx)
		case iterable:
			return store.All()
		}
		return nil, fmt.Errorf("%T has no method All, by which its sessions could be found: %w", v.plain, errors.ErrUnsupported)
	})
	if err != nil {
		return nil, fmt.Errorf("scsstore: finding all values: %w", err)
	}
	return found, nil
}

// recordID returns the ID whose recordKey is key.
func recordID(key string) (id runtime.ID, ok bool) {
	text, ok := strings.CutPrefix(key, recordPrefix)
	if !ok || len(text) != hex.EncodedLen(idSize) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(text))
	return id, err == nil
}
