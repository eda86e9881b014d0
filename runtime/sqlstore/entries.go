package sqlstore

import (
	"context"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

// difference returns the entries to remove and the entries to add when the further terms
// of a session change.
func difference(was, is []byte) (removed, added [][]byte) {
	old, new := entries(was), entries(is)
	in := func(list [][]byte) func([]byte) bool {
		return func(term []byte) bool {
			return slices.ContainsFunc(list, func(other []byte) bool { return string(other) == string(term) })
		}
	}
	return slices.DeleteFunc(slices.Clone(old), in(new)), slices.DeleteFunc(new, in(old))
}

// entries returns the terms in order, without repetitions.
func entries(further []byte) [][]byte {
	var list [][]byte
	for len(further) > 0 {
		list = append(list, further[:len(runtime.Term{})])
		further = further[len(runtime.Term{}):]
	}
	inOrder(list)
	return slices.CompactFunc(list, func(a, b []byte) bool { return string(a) == string(b) })
}

// move removes and adds entries of a session. The transaction must have locked its row.
func (t *transaction) move(ctx context.Context, id []byte, removed, added [][]byte) error {
	s := t.store
	if len(removed) > 0 {
		q := s.query("DELETE FROM {terms} WHERE id = :id AND term IN ({ids})", len(removed))
		if _, err := t.exec(ctx, q, &values{pID: id}, removed...); err != nil {
			return err
		}
	}
	if len(added) == 0 {
		return nil
	}
	pairs := make([][]byte, 0, 2*len(added))
	for _, term := range added {
		pairs = append(pairs, term, id)
	}
	rows := strings.Repeat(", ({ids})", len(added))[2:]
	_, err := t.exec(ctx, s.query("INSERT INTO {terms} (term, id) VALUES "+rows, 2), &values{}, pairs...)
	return err
}

// inOrder sorts a list, so that transactions that lock several rows mostly lock them in
// the same order. If a database chooses another order, two transactions may deadlock; the
// store then repeats the one that the database has undone.
func inOrder(list [][]byte) {
	slices.SortFunc(list, func(a, b []byte) int { return strings.Compare(string(a), string(b)) })
}
