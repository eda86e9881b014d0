package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/sessiongen/sessiongen/runtime"
)

// maxTerms is the number of terms that fit into the narrowest column.
const maxTerms = 1024

// split returns the term for the column of its own, nil if there is none, and the further
// terms, concatenated.
func split(terms []runtime.Term) (first any, further []byte, err error) {
	if len(terms) > maxTerms {
		return nil, nil, fmt.Errorf("sqlstore: a session with %d terms: use at most %d values of principal and index fields", len(terms), maxTerms)
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

// scan reads the columns of loadText, which follow the columns that before receives.
func (r *row) scan(rows *sql.Rows, before ...any) error {
	var revision, term, further, data sql.RawBytes
	var idle, life int64
	if err := rows.Scan(append(before, &revision, &term, &further, &data, &r.gone, &idle, &life)...); err != nil {
		return err
	}
	var one runtime.Term
	if len(revision) != len(runtime.Rev{}) || len(term) != 0 && len(term) != len(one) || len(further)%len(one) != 0 {
		return errRow
	}
	r.there, r.found = true, idle > 0
	r.further = append([]byte{}, further...)
	r.record = runtime.Record{
		Rev:  runtime.Rev(revision),
		Data: string(data),
		Idle: duration(idle),
		Life: duration(life),
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

var errRow = fmt.Errorf("sqlstore: a row was not written by this store, as its terms or its revision have another length: give the store tables of its own by WithPrefix")
