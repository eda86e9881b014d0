package engine

import (
	"context"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// Revoke ends the session with this ID for good. It is not an error if no such session exists.
func (m *Manager) Revoke(ctx context.Context, id runtime.ID) error { return m.keeper.revoke(ctx, id) }

// ListBy returns the live sessions whose field has the value in codec, most recently seen
// first. Sealed sessions cannot be listed: the error is errors.ErrUnsupported.
func (m *Manager) ListBy(ctx context.Context, field int, codec Codec) ([]runtime.Info, error) {
	return m.keeper.listBy(ctx, field, codec)
}

// RevokeBy ends all sessions whose field has the value in codec, and returns their number.
// Sealed sessions are ended but cannot be counted: the number is 0.
func (m *Manager) RevokeBy(ctx context.Context, field int, codec Codec) (int, error) {
	return m.keeper.revokeBy(ctx, field, codec)
}

// page is how many sessions one call to List requests.
const page = 100

// each calls session for every live session that carries a term. list returns the page of
// sessions after an ID. Unreadable records are skipped.
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

// termOf returns the term of sessions whose field has the value in codec. It reports false for
// zero: a zero principal is no principal.
func (m *Manager) termOf(field int, codec Codec) (runtime.Term, bool) {
	f := m.schema.Fields[field]
	encoded, err := appendOf(codec, nil, field)
	value := wireValue(string(encoded), f.Number)
	return record.NewTerm(f.Key, value), value != "" && err == nil
}
