package sqlstore

import (
	"context"
	"database/sql"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
)

// revoked is the number of sessions that Revoke ends in one transaction.
const revoked = 100

// Revoke implements [runtime.Indexer]. It first reads, in one statement, which sessions
// carry t, and then ends those that still do, a hundred at a time. It spares a session
// that takes up t after the call began, unless the session carried t before and has taken
// it up again meanwhile.
func (s *Store) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (int, error) {
	count, err := s.revoke(ctx, t, keep)
	return count, s.wrap(ctx, "revoking sessions", err)
}

func (s *Store) revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (count int, err error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	var ids [][]byte
	err = s.retry(ctx, func() error {
		ids = nil
		return s.rows(ctx, s.queries.carriers, &values{pTerm: t[:]}, func(rows *sql.Rows) error {
			var lagging bool
			var id []byte
			switch err := rows.Scan(&lagging, &id); {
			case err != nil:
				return err
			case lagging:
				return errLagging // it may find nothing, while sessions are alive
			case id != nil && string(id) != string(keep[:]):
				ids = append(ids, id)
			}
			return nil
		})
	})
	if err != nil {
		return 0, err
	}
	inOrder(ids)
	for batch := range slices.Chunk(ids, revoked) {
		n, err := s.bury(ctx, t, batch)
		count += n
		if err != nil {
			return count, err
		}
	}
	return count, nil
}

// bury ends those of the sessions that carry t when their rows are locked. On PostgreSQL
// this needs a transaction with READ COMMITTED: at a higher isolation level of the pool, a
// session that is written continuously would refuse the statement each time.
func (s *Store) bury(ctx context.Context, t runtime.Term, ids [][]byte) (count int, err error) {
	q := s.wide(buryText+s.dialect.carries+")", len(ids))
	v := buried()
	v[pTerm] = t[:]
	err = s.retry(ctx, func() (err error) {
		var affected int64
		if s.dialect.committed {
			_, err = s.transaction(ctx, func(t *transaction) (bool, error) {
				affected, err = t.exec(ctx, q, v, ids...)
				return affected > 0, err
			})
		} else {
			affected, err = s.exec(ctx, q, v, ids...)
		}
		if err == nil {
			count = int(affected)
		}
		return err
	})
	return count, err
}
