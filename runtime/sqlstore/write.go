package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

// attempts is the number of times that a call starts again because a row has changed
// after the call read it.
const attempts = 16

// parameters returns the parameters of a statement that writes a record.
func parameters(id runtime.ID, rec runtime.Record, ttl runtime.TTL) (*values, error) {
	first, further, err := split(rec.Terms)
	if err != nil {
		return nil, err
	}
	idle := ttl.Idle
	if ttl.Life > 0 {
		idle = min(idle, ttl.Life)
	}
	return &values{
		pID: id[:], pRevision: rec.Rev[:], pTerm: first, pFurther: further, pData: append([]byte{}, rec.Data...),
		pIdle: micros(idle), pLife: micros(ttl.Life),
	}, nil
}

// Create implements [runtime.Store].
func (s *Store) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	if err := ttl.CheckCreate(); err != nil {
		return fmt.Errorf("sqlstore: %w", err)
	}
	v, err := parameters(id, rec, ttl)
	if err != nil {
		return err
	}
	return s.wrap(ctx, "creating a session", s.create(ctx, id, rec.Rev, v))
}

func (s *Store) create(ctx context.Context, id runtime.ID, rev runtime.Rev, v *values) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	for range attempts {
		if created, err := s.write(ctx, s.queries.insert, v, nil); created || err != nil {
			return err
		}
		r, err := s.read(ctx, id)
		switch {
		case err != nil:
			return err
		case !r.there:
			continue // another call has just removed it
		case r.found && r.gone:
			return runtime.ErrGone
		case r.found && r.record.Rev == rev:
			return nil
		case r.found:
			return runtime.ErrExists
		}
		if created, err := s.write(ctx, s.queries.replace, v, r.further); created || err != nil {
			return err
		}
	}
	return errUnsettled
}

// Update implements [runtime.Store].
func (s *Store) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	if err := ttl.CheckUpdate(); err != nil {
		return fmt.Errorf("sqlstore: %w", err)
	}
	v, err := parameters(id, rec, ttl)
	if err != nil {
		return err
	}
	v[pOld] = old[:]
	return s.wrap(ctx, "updating a session", s.update(ctx, id, old, rec.Rev, ttl, v))
}

// update first assumes that the further terms of the session stay the same, for which one
// statement suffices. It does more only if that statement finds no row.
func (s *Store) update(ctx context.Context, id runtime.ID, old, rev runtime.Rev, ttl runtime.TTL, v *values) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	q := s.queries.update
	if ttl.Life > 0 {
		q = s.queries.renew
	}
	was := v[pFurther].([]byte)
	for range attempts {
		if old != rev {
			if updated, err := s.write(ctx, q, v, was); updated || err != nil {
				return err
			}
		}
		r, err := s.read(ctx, id)
		if err == nil {
			err = r.state()
		}
		switch {
		case err != nil:
			return err
		case r.record.Rev == rev:
			return nil
		case r.record.Rev != old:
			return runtime.ErrConflict
		}
		was = r.further
	}
	return errUnsettled
}

// write runs a statement that writes a record, in a transaction if entries have to
// change, and reports whether it found its row. was is the list of further terms that the
// row has before, nil for an insert.
func (s *Store) write(ctx context.Context, q *query, v *values, was []byte) (written bool, err error) {
	v[pWas] = was
	removed, added := difference(was, v[pFurther].([]byte))
	if len(removed)+len(added) == 0 {
		err := s.retry(ctx, func() error {
			affected, err := s.exec(ctx, q, v)
			written = affected > 0
			return err
		})
		return written, s.refused(q, err)
	}
	err = s.retry(ctx, func() error {
		var err error
		written, err = s.transaction(ctx, func(t *transaction) (bool, error) {
			if affected, err := t.exec(ctx, q, v); affected == 0 || err != nil {
				return false, err
			}
			return true, t.move(ctx, v[pID].([]byte), removed, added)
		})
		return err
	})
	return written, s.refused(q, err)
}

// refused drops the error of an INSERT that finds a row, for databases that report this
// by an error only.
func (s *Store) refused(q *query, err error) error {
	if err != nil && q == s.queries.insert && s.dialect.duplicate != nil && s.dialect.duplicate(err) {
		return nil
	}
	return err
}

// Touch implements [runtime.Store].
func (s *Store) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	return s.wrap(ctx, "extending a session", s.touch(ctx, id, idle))
}

func (s *Store) touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	touched, err := s.write(ctx, s.queries.touch, &values{pID: id[:], pIdle: micros(idle), pFurther: []byte{}}, nil)
	if touched || err != nil {
		return err
	}
	// MySQL does not count a row whose deadline is later already.
	r, err := s.read(ctx, id)
	if err != nil {
		return err
	}
	return r.state()
}

// Delete implements [runtime.Store].
func (s *Store) Delete(ctx context.Context, id runtime.ID) error {
	return s.wrap(ctx, "deleting a session", s.delete(ctx, id))
}

func (s *Store) delete(ctx context.Context, id runtime.ID) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	v := buried()
	v[pID] = id[:]
	_, err := s.write(ctx, s.queries.delete, v, nil)
	return err
}

// buried returns the parameters of a tombstone.
func buried() *values {
	return &values{pRevision: make([]byte, len(runtime.Rev{})), pFurther: []byte{}, pData: []byte{}, pIdle: micros(expiry.TombstoneLife)}
}
