package engine

import (
	"context"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// Revoke ends the session with this ID for good. It is no error if there is none.
func (m *Manager) Revoke(ctx context.Context, id runtime.ID) error { return m.keeper.revoke(ctx, id) }

// ListBy returns the live sessions whose field has the value that codec holds,
// the last seen first. For sealed sessions, which nobody can list, the error is
// errors.ErrUnsupported.
func (m *Manager) ListBy(ctx context.Context, field int, codec Codec) ([]runtime.Info, error) {
	return m.keeper.listBy(ctx, field, codec)
}

// RevokeBy ends all sessions whose field has the value that codec holds, and returns
// how many. Sealed sessions are ended, but cannot be counted: 0.
func (m *Manager) RevokeBy(ctx context.Context, field int, codec Codec) (int, error) {
	return m.keeper.revokeBy(ctx, field, codec)
}

// page is how many sessions are asked for at a time.
const page = 100

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

// termOf is what sessions with the field's value are found by; none for zero,
// which for a principal is nobody.
func (m *Manager) termOf(field int, codec Codec) (runtime.Term, bool) {
	f := m.schema.Fields[field]
	encoded, err := appendOf(codec, nil, field)
	value := wireValue(string(encoded), f.Number)
	return record.NewTerm(f.Key, value), value != "" && err == nil
}
