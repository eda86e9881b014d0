package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

const (
	// sweepBatch is the number of rows that a sweep removes at a time: as many as one
	// statement can name.
	sweepBatch = widest
	// sweepLimit is the longest time that a background sweep may take.
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

// Sweep removes expired sessions and tombstones from the tables and returns their number.
// The store does so in the background, see [WithSweepInterval]; Sweep is for programs
// that run by a schedule and do nothing else. Several processes may sweep at once: a sweep
// works in batches of at most a thousand rows, and removes a row only if it is still
// expired at that time. After an error, Sweep returns the number of rows removed before
// it.
func (s *Store) Sweep(ctx context.Context) (removed int, err error) {
	if err := s.usable(ctx); err != nil {
		return 0, s.wrap(ctx, "sweeping", err)
	}
	for {
		found, n, err := s.sweep(ctx)
		removed += n
		// A full batch of which nothing could be removed is the work of another sweep.
		if err != nil || found < sweepBatch || n == 0 {
			return removed, s.wrap(ctx, "sweeping", err)
		}
	}
}

// sweep finds a batch of expired rows and removes those that are still expired.
func (s *Store) sweep(ctx context.Context) (found, removed int, err error) {
	var plain, indexed [][]byte // sessions without and with entries
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

// removeIndexed removes rows and their entries. A row that has become a live session
// meanwhile keeps its entries.
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
