package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

const (
	// sweepBatch is how many rows are removed at a time: as many as one statement can
	// name.
	sweepBatch = widest
	// sweepLimit is how long a sweep in the background may take.
	sweepLimit = 5 * time.Minute
)

func (s *Store) sweepInBackground(ctx context.Context) {
	defer close(s.done)
	if s.interval <= 0 {
		return
	}
	for {
		timer := time.NewTimer(expiry.SweepPause(s.interval))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		limited, cancel := context.WithTimeout(ctx, sweepLimit)
		removed, err := s.Sweep(limited)
		cancel()
		if s.report != nil && ctx.Err() == nil {
			s.report(removed, err)
		}
	}
}

// Sweep removes expired sessions and tombstones from the tables, and returns how
// many. The store does so in the background (see [WithSweepInterval]); Sweep is
// for programs that do nothing else and run by a schedule. Several may sweep at
// once: they work in batches of a thousand at most, and each row is looked at again
// when it is removed. After an error, the number is that of the rows which were
// removed until then.
func (s *Store) Sweep(ctx context.Context) (removed int, err error) {
	if err := s.usable(ctx); err != nil {
		return 0, s.wrap(ctx, "sweeping", err)
	}
	for {
		found, n, err := s.sweep(ctx)
		removed += n
		// Where a full batch was found and nothing removed, another sweep is at work.
		if err != nil || found < sweepBatch || n == 0 {
			return removed, s.wrap(ctx, "sweeping", err)
		}
	}
}

// sweep finds a batch of expired rows and removes those that still are.
func (s *Store) sweep(ctx context.Context) (found, removed int, err error) {
	var plain, indexed [][]byte // without and with entries
	err = s.retry(ctx, func() error {
		plain, indexed = nil, nil
		return s.rows(ctx, s.queries.expired, &values{pMax: int64(sweepBatch)}, func(rows *sql.Rows) error {
			var id []byte
			var further sql.RawBytes
			if err := rows.Scan(&id, &further); err != nil {
				return err
			}
			if len(further) == 0 {
				plain = append(plain, id)
			} else {
				indexed = append(indexed, id)
			}
			return nil
		})
	})
	if err != nil {
		return 0, 0, err
	}
	found = len(plain) + len(indexed)
	removed, err = s.removePlain(ctx, plain)
	if err != nil {
		return found, removed, err
	}
	n, err := s.removeIndexed(ctx, indexed)
	return found, removed + n, err
}

func (s *Store) removePlain(ctx context.Context, ids [][]byte) (removed int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	inOrder(ids)
	q := s.wide(removePlainText, len(ids))
	err = s.retry(ctx, func() error {
		n, err := s.exec(ctx, q, &values{pFurther: []byte{}}, ids...)
		removed = int(n)
		return err
	})
	return removed, err
}

// removeIndexed removes entries as well. Those of a row that is left alone, because
// it is a live one by now, stay.
func (s *Store) removeIndexed(ctx context.Context, ids [][]byte) (removed int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	inOrder(ids)
	rows, entries := s.wide(removeText, len(ids)), s.wide(removeEntriesText, len(ids))
	err = s.retry(ctx, func() error {
		var n int64
		kept, err := s.transaction(ctx, func(t *transaction) (_ bool, err error) {
			if n, err = t.exec(ctx, rows, &values{}, ids...); err != nil {
				return false, err
			}
			_, err = t.exec(ctx, entries, &values{}, ids...)
			return true, err
		})
		if kept && err == nil {
			removed = int(n)
		}
		return err
	})
	return removed, err
}
