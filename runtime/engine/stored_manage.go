package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/retry"
)

func (k stored) revoke(ctx context.Context, id runtime.ID) error {
	m := k.manager
	if _, err := retry.Do(ctx, func(ctx context.Context) error { return m.store.Delete(ctx, id) }); err != nil {
		return fmt.Errorf("sessiongen: revoking a session: %w", err)
	}
	m.queue.Moved(id)
	m.raise(ctx, runtime.Event{Kind: runtime.EventRevoked, ID: id, Count: 1})
	return nil
}

func (k stored) listBy(ctx context.Context, field int, codec Codec) ([]runtime.Info, error) {
	m := k.manager
	term, ok := m.termOf(field, codec)
	if !ok {
		return nil, nil
	}
	var infos []runtime.Info
	err := m.each(term, func(after runtime.ID) ([]runtime.ID, []runtime.Record, error) {
		return m.indexer.List(ctx, term, after, page)
	}, func(id runtime.ID, b *base) { infos = append(infos, m.info(id, b)) })
	if err != nil {
		return nil, fmt.Errorf("sessiongen: listing sessions by %s: %w", m.schema.Fields[field].Key, err)
	}
	slices.SortStableFunc(infos, func(a, b runtime.Info) int { return b.LastSeen.Compare(a.LastSeen) })
	return infos, nil
}

func (k stored) revokeBy(ctx context.Context, field int, codec Codec) (int, error) {
	m := k.manager
	term, ok := m.termOf(field, codec)
	if !ok {
		return 0, nil
	}
	count := 0
	_, err := retry.Do(ctx, func(ctx context.Context) error {
		n, err := m.indexer.Revoke(ctx, term, runtime.ID{})
		count += n
		return err
	})
	if count > 0 {
		m.raise(ctx, runtime.Event{Kind: runtime.EventRevoked, Count: count})
	}
	if err != nil {
		return count, fmt.Errorf("sessiongen: revoking sessions by %s: %w", m.schema.Fields[field].Key, err)
	}
	return count, nil
}
