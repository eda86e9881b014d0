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
	carries := "(term = :term OR " + s.dialect.carries + ")"
	for batch := range slices.Chunk(ids, revoked) {
		n, err := s.bury(ctx, carries, values{pTerm: t[:]}, batch)
		count += n
		if err != nil {
			return count, err
		}
	}
	return count, nil
}

// RevokeAll implements [runtime.Revoker]. It first reads, in one statement, which sessions there
// are, for which it takes 16 bytes of memory each. It then ends them, a thousand at a time. It
// spares a session that is created after the call began.
func (s *Store) RevokeAll(ctx context.Context, prefix string) (int, error) {
	count, err := s.revokeAll(ctx, prefix)
	return count, s.wrap(ctx, "revoking all sessions", err)
}

func (s *Store) revokeAll(ctx context.Context, prefix string) (count int, err error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	begins := values{pPrefix: []byte(prefix)}
	var all []runtime.ID
	err = s.retry(ctx, func() error {
		all = nil
		return s.rows(ctx, s.queries.every, &begins, func(rows *sql.Rows) error {
			var id sql.RawBytes
			if err := rows.Scan(&id); err != nil {
				return err
			}
			if len(id) != len(runtime.ID{}) {
				return errRow
			}
			all = append(all, runtime.ID(id))
			return nil
		})
	})
	if err != nil {
		return 0, err
	}
	for batch := range slices.Chunk(all, widest) {
		ids := make([][]byte, len(batch))
		for i := range batch {
			ids[i] = batch[i][:]
		}
		inOrder(ids)
		n, err := s.bury(ctx, beginsText, begins, ids)
		count += n
		if err != nil {
			return count, err
		}
	}
	return count, nil
}

// bury ends those of the sessions that meet a condition when their rows are locked. On PostgreSQL
// this needs a transaction with READ COMMITTED: at a higher isolation level of the pool, a
// session that is written continuously would refuse the statement each time.
func (s *Store) bury(ctx context.Context, condition string, given values, ids [][]byte) (count int, err error) {
	q := s.wide(buryText+condition, len(ids))
	v := buried()
	v[pTerm], v[pPrefix] = given[pTerm], given[pPrefix]
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
