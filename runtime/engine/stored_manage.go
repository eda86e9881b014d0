package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/retry"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// Revoke ends the session with this ID for good. It is no error if there is none.
func (m *Manager) Revoke(ctx context.Context, id runtime.ID) error { return m.keeper.revoke(ctx, id) }

func (k stored) revoke(ctx context.Context, id runtime.ID) error {
	m := k.manager
	if _, err := retry.Do(ctx, func(ctx context.Context) error { return m.store.Delete(ctx, id) }); err != nil {
		return fmt.Errorf("sessiongen: revoking a session: %w", err)
	}
	m.queue.Moved(id)
	m.raise(ctx, runtime.Event{Kind: runtime.EventRevoked, ID: id, Count: 1})
	return nil
}

// page is how many sessions are asked for at a time.
const page = 100

// ListBy returns the live sessions whose field has the value that codec holds,
// the last seen first. For sealed sessions, which nobody can list, the error is
// errors.ErrUnsupported.
func (m *Manager) ListBy(ctx context.Context, field int, codec Codec) ([]runtime.Info, error) {
	return m.keeper.listBy(ctx, field, codec)
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

// each hands over every live session that carries a term, from the pages that list
// returns behind an ID. A record that cannot be read is passed over.
func (m *Manager) each(term runtime.Term, list func(after runtime.ID) ([]runtime.ID, []runtime.Record, error), session func(runtime.ID, *base)) error {
	for after := (runtime.ID{}); ; {
		at := m.options.Clock()
		ids, records, err := list(after)
		if err != nil {
			return err
		}
		for i, rec := range records {
			var b base
			if _, err := m.readRecord(&b, rec, at, nil); err == nil && slices.Contains(rec.Terms, term) {
				session(ids[i], &b)
			}
		}
		if len(ids) < page {
			return nil
		}
		after = ids[len(ids)-1]
	}
}

// RevokeBy ends all sessions whose field has the value that codec holds, and returns
// how many. Sealed sessions are ended, but cannot be counted: 0.
func (m *Manager) RevokeBy(ctx context.Context, field int, codec Codec) (int, error) {
	return m.keeper.revokeBy(ctx, field, codec)
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

// termOf is what sessions with the field's value are found by; none for zero,
// which for a principal is nobody.
func (m *Manager) termOf(field int, codec Codec) (runtime.Term, bool) {
	f := m.schema.Fields[field]
	encoded, err := appendOf(codec, nil, field)
	value := wireValue(string(encoded), f.Number)
	return record.NewTerm(f.Key, value), value != "" && err == nil
}
