package sqlstore

import (
	"context"
	"database/sql"

	"github.com/sessiongen/sessiongen/runtime"
)

// Load implements [runtime.Store]. It takes one round trip.
func (s *Store) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	rec, err := s.load(ctx, id)
	return rec, s.wrap(ctx, "loading a session", err)
}

func (s *Store) load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	if err := s.usable(ctx); err != nil {
		return runtime.Record{}, err
	}
	r, err := s.read(ctx, id)
	if err == nil {
		err = r.state()
	}
	if err != nil {
		return runtime.Record{}, err
	}
	return r.record, nil
}

// List implements [runtime.Indexer]. It takes one round trip.
func (s *Store) List(ctx context.Context, t runtime.Term, after runtime.ID, max int) ([]runtime.ID, []runtime.Record, error) {
	if err := s.usable(ctx); err != nil {
		return nil, nil, s.wrap(ctx, "listing sessions", err)
	}
	if max <= 0 {
		return nil, nil, nil
	}
	var ids []runtime.ID
	var records []runtime.Record
	err := s.retry(ctx, func() error {
		ids, records = nil, nil
		return s.rows(ctx, s.queries.list, &values{pTerm: t[:], pAfter: after[:], pMax: int64(max)}, func(rows *sql.Rows) error {
			var id []byte
			var r row
			if err := r.scan(rows, &id); err != nil {
				return err
			}
			if !r.there {
				return nil
			}
			ids, records = append(ids, runtime.ID(id)), append(records, r.record)
			return nil
		})
	})
	if err != nil {
		return nil, nil, s.wrap(ctx, "listing sessions", err)
	}
	return ids, records, nil
}
