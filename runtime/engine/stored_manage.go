package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// revoke ends a session by its ID, which may have come from a form. It loads the record first:
// the store may also hold sessions of other applications and the revocations of sealed sessions,
// whose IDs are no secrets.
func (k stored) revoke(ctx context.Context, id runtime.ID) error {
	m, call := k.manager, repeating(ctx)
	var rec runtime.Record
	err := call(func(ctx context.Context) (err error) {
		rec, err = m.store.Load(ctx, id)
		return err
	})
	if err == nil {
		if !m.mayRevoke(rec) {
			return nil
		}
		err = call(func(ctx context.Context) error { return m.store.Delete(ctx, id) })
	}
	switch {
	case errors.Is(err, runtime.ErrNotFound), errors.Is(err, runtime.ErrGone):
		return nil
	case err != nil:
		return fmt.Errorf("sessiongen: revoking a session: %w", err)
	}
	m.queue.Moved(id)
	m.raise(ctx, runtime.Event{Kind: runtime.EventRevoked, ID: id, Count: 1})
	return nil
}

// mayRevoke reports whether a record is that of a session which the manager opens or lists.
// Sessions of another cookie path are listed, too: their terms are the same.
func (m *Manager) mayRevoke(rec runtime.Record) bool {
	fields := make([]FieldState, len(m.schema.Fields))
	var b base
	h, err := m.readRecord(&b, rec, time.Time{}, fields)
	if err != nil {
		return false
	}
	if m.labelOf(&h) != nil {
		return true
	}
	for _, field := range m.indexed {
		f := &fields[field]
		if value := wireValue(b.data[f.start:f.end], m.schema.Fields[field].Number); value != "" && m.hasTerm(rec.Terms, field, value) {
			return true
		}
	}
	return false
}

func (k stored) listBy(ctx context.Context, field int, codec Codec) ([]runtime.Info, error) {
	m := k.manager
	value := m.wireIn(codec, field)
	if value == "" {
		return nil, nil
	}
	var infos []runtime.Info
	err := m.each(field, value, func(term runtime.Term, after runtime.ID) ([]runtime.ID, []runtime.Record, error) {
		return m.indexer.List(ctx, term, after, page)
	}, func(id runtime.ID, b *base) { infos = append(infos, m.info(id, b)) }, func() error { return nil })
	if err != nil {
		return nil, fmt.Errorf("sessiongen: listing sessions by %s: %w", m.schema.Fields[field].Key, err)
	}
	m.markCurrent(ctx, infos)
	slices.SortStableFunc(infos, func(a, b runtime.Info) int { return b.LastSeen.Compare(a.LastSeen) })
	return infos, nil
}

func (k stored) revokeBy(ctx context.Context, field int, codec Codec) (int, error) {
	m := k.manager
	value := m.wireIn(codec, field)
	if value == "" {
		return 0, nil
	}
	count, err := m.revokeTerms(repeating(ctx), field, value, runtime.ID{})
	if count > 0 {
		m.raise(ctx, runtime.Event{Kind: runtime.EventRevoked, Count: count})
	}
	if err != nil {
		return count, fmt.Errorf("sessiongen: revoking sessions by %s: %w", m.schema.Fields[field].Key, err)
	}
	m.destroyOwn(ctx, func(s *Session) bool { return s.hasTerm(field, value) })
	return count, nil
}

func (k stored) revokeAll(ctx context.Context) (count int, err error) {
	m := k.manager
	store, ok := m.store.(runtime.Revoker)
	if !ok {
		return 0, unsupported(fmt.Sprintf("sessiongen: revoking all sessions: %T cannot find them: use a store that is a runtime.Revoker", m.store))
	}
	err = m.eachLabel(func(label int) error {
		prefix := m.labels[label].Prefix()
		return repeating(ctx)(func(ctx context.Context) error {
			n, err := store.RevokeAll(ctx, prefix)
			count += n
			return err
		})
	})
	if err != nil {
		err = fmt.Errorf("sessiongen: revoking all sessions: %w", err)
	} else {
		m.destroyOwn(ctx, endsWithAll)
	}
	if count > 0 {
		m.raise(ctx, runtime.Event{Kind: runtime.EventRevoked, Count: count})
	}
	return count, err
}
