package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/sessiongen/sessiongen/runtime"
)

// maxTerms is the number of terms that fit into the narrowest column.
const maxTerms = 1024

// split returns the term for the column of its own, nil if there is none, and the further
// terms, concatenated.
func split(terms []runtime.Term) (first any, further []byte, err error) {
	if len(terms) > maxTerms {
		return nil, nil, fmt.Errorf("sqlstore: %w: it has %d terms: use at most %d values of principal and index fields", runtime.ErrTooLarge, len(terms), maxTerms)
	}
	further = []byte{} // an empty value, not NULL
	for i := range terms {
		if i == 0 {
			first = append([]byte(nil), terms[0][:]...)
		} else {
			further = append(further, terms[i][:]...)
		}
	}
	return first, further, nil
}

// row is the row of an ID.
type row struct {
	found   bool // the row exists and has not expired
	there   bool // the row exists
	gone    bool
	further []byte
	record  runtime.Record
}

// state returns the error of a call that needs a live record, or nil if the row is one.
func (r *row) state() error {
	switch {
	case !r.found:
		return runtime.ErrNotFound
	case r.gone:
		return runtime.ErrGone
	}
	return nil
}

// read returns the row of an ID.
func (s *Store) read(ctx context.Context, id runtime.ID) (row, error) {
	var r row
	err := s.retry(ctx, func() error {
		r = row{}
		return s.rows(ctx, s.queries.load, &values{pID: id[:]}, func(rows *sql.Rows) error { return r.scan(rows) })
	})
	return r, err
}

// scan reads the columns of loadText. before receives the columns between the first one and
// those of the row. If there is no row, r does not change.
func (r *row) scan(rows *sql.Rows, before ...any) error {
	var revision, term, further, data sql.RawBytes
	var lagging bool
	var gone sql.NullBool
	var idle, life sql.NullInt64
	columns := append(append([]any{&lagging}, before...), &revision, &term, &further, &data, &gone, &idle, &life)
	switch err := rows.Scan(columns...); {
	case err != nil:
		return err
	case lagging:
		return errLagging
	case revision == nil:
		return nil
	}
	var one runtime.Term
	if len(revision) != len(runtime.Rev{}) || len(term) != 0 && len(term) != len(one) || len(further)%len(one) != 0 {
		return errRow
	}
	r.there, r.found, r.gone = true, idle.Int64 > 0, gone.Bool
	r.further = append([]byte{}, further...)
	r.record = runtime.Record{
		Rev:  runtime.Rev(revision),
		Data: string(data),
		Idle: duration(idle.Int64),
		Life: duration(life.Int64),
	}
	if n := len(term) + len(further); n > 0 {
		r.record.Terms = make([]runtime.Term, 0, n/len(one))
		for _, terms := range [][]byte{term, further} {
			for ; len(terms) > 0; terms = terms[len(one):] {
				r.record.Terms = append(r.record.Terms, runtime.Term(terms))
			}
		}
	}
	return nil
}

// errLagging is the error of a read from a server that may lack the last writes, such as the end
// of a session.
var errLagging = runtime.Refused(errors.New("sqlstore: the database server is a standby or read-only, so it may lag behind and accept sessions that have ended: " +
	"give sql.Open the address of the server that accepts writes (for PostgreSQL, target_session_attrs=read-write)"))

var errRow = runtime.Refused(errors.New("sqlstore: a row was not written by this store, as its terms or its revision have another length: give the store tables of its own by WithPrefix"))
