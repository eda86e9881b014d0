package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/sessiongen/sessiongen/runtime"
)

// maxTerms is how many terms fit the narrowest column.
const maxTerms = 1024

// split returns the term that goes into the session's row, nil for none, and those
// that follow, one behind the other.
func split(terms []runtime.Term) (first any, further []byte, err error) {
	if len(terms) > maxTerms {
		return nil, nil, fmt.Errorf("sqlstore: a session with %d terms: %d is the most", len(terms), maxTerms)
	}
	further = []byte{} // an empty value, which nil is not
	for i := range terms {
		if i == 0 {
			first = append([]byte(nil), terms[0][:]...)
		} else {
			further = append(further, terms[i][:]...)
		}
	}
	return first, further, nil
}

// row is what the database has under an ID.
type row struct {
	found   bool // there is one, and it has not expired
	there   bool // there is one
	gone    bool
	further []byte
	record  runtime.Record
}

// state is what a call that needs a live record finds instead of it.
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

// scan reads the columns of loadText, after those that before is for.
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

var errRow = fmt.Errorf("sqlstore: a row that the store has not written: its terms or its revision have another length")
