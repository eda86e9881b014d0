package scsstore

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Keys fit into 43 characters, which is the length of scs's own tokens and the limit of
// some of its stores. They are in lower case for stores that ignore case. 16 bytes of a
// term are enough, because index entries are hints.
const recordPrefix = "sg-r-"

func recordKey(id runtime.ID) string { return recordPrefix + hex.EncodeToString(id[:]) }
func indexKey(t runtime.Term) string { return "sg-i-" + hex.EncodeToString(t[:16]) }

// entry is a record or a tombstone, with deadlines in nanoseconds since 1970.
type entry struct {
	tombstone bool
	idle      int64 // never later than life
	life      int64
	rev       runtime.Rev
	terms     []runtime.Term
	data      string
}

func newEntry(rec runtime.Record) entry {
	return entry{rev: rec.Rev, terms: slices.Clone(rec.Terms), data: rec.Data}
}

func (e *entry) record(now int64) runtime.Record {
	return runtime.Record{
		Rev:   e.rev,
		Terms: e.terms,
		Data:  e.data,
		Idle:  time.Duration(e.idle - now),
		Life:  time.Duration(e.life - now),
	}
}

// Kinds of values, in the first byte. A new format needs new numbers.
const (
	isRecord    = 1
	isTombstone = 2
	isIndex     = 3
)

var errUnreadable = runtime.Refused(errors.New("scsstore: a value in the scs store was written by another package, or by a later version of this one: " +
	"give the sessions a table or prefix of their own"))

// Sizes of the parts of a value, in bytes.
const (
	idSize   = len(runtime.ID{})
	termSize = len(runtime.Term{})

	revAt   = 1 + 8 + 8                  // behind kind, idle and life
	countAt = revAt + len(runtime.Rev{}) // of the number of terms
	head    = countAt + 4
)

// encode returns
//
//	kind | idle | life | revision | number of terms | terms | data
//
// with numbers in big-endian order, the number of terms in four bytes.
func (e *entry) encode() []byte {
	b := make([]byte, 0, head+termSize*len(e.terms)+len(e.data))
	if e.tombstone {
		b = append(b, isTombstone)
	} else {
		b = append(b, isRecord)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(e.idle))
	b = binary.BigEndian.AppendUint64(b, uint64(e.life))
	b = append(b, e.rev[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.terms)))
	for i := range e.terms {
		b = append(b, e.terms[i][:]...)
	}
	return append(b, e.data...)
}

// decode parses the result of encode. It keeps no reference to b.
func decode(b []byte) (entry, error) {
	if len(b) < head || b[0] != isRecord && b[0] != isTombstone {
		return entry{}, errUnreadable
	}
	e := entry{
		tombstone: b[0] == isTombstone,
		idle:      int64(binary.BigEndian.Uint64(b[1:])),
		life:      int64(binary.BigEndian.Uint64(b[9:])),
		rev:       runtime.Rev(b[revAt:countAt]),
	}
	n := int(binary.BigEndian.Uint32(b[countAt:]))
	b = b[head:]
	if n > len(b)/termSize {
		return entry{}, errUnreadable
	}
	if n > 0 {
		e.terms = make([]runtime.Term, n)
	}
	for i := range e.terms {
		e.terms[i] = runtime.Term(b[termSize*i:])
	}
	e.data = string(b[termSize*n:])
	return e, nil
}

func contains(terms []runtime.Term, t runtime.Term) bool { return slices.Contains(terms, t) }

// distinct returns the terms without repetitions.
func distinct(terms []runtime.Term) []runtime.Term {
	var once []runtime.Term
	for _, t := range terms {
		if !contains(once, t) {
			once = append(once, t)
		}
	}
	return once
}
