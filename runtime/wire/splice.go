package wire

import (
	"iter"
	"math"
	"strings"
)

// A list or map is changed in its encoded form, so that the elements that stay keep their bytes,
// and with them the fields that other programs have written into them.

// Entries returns the entries of a list or map, each with its tag. It stops at one that is
// malformed.
func Entries(field string) iter.Seq[string] {
	return func(yield func(entry string) bool) {
		var r Reader
		r.Reset(field)
		for r.More() && r.Pass() != 0 {
			if !yield(r.Since(r.entry)) {
				return
			}
		}
	}
}

// AppendJoined appends the entries of a list and, behind them, what was added to it. packed tells
// that one entry holds any number of elements: the last entry then takes in those that were added.
func AppendJoined(b []byte, list, added string, packed bool) []byte {
	if packed {
		last := ""
		for entry := range Entries(list) {
			last = entry
		}
		var before, after Reader
		before.Reset(last)
		after.Reset(added)
		if before.Next() && after.Next() && before.wire == TypeBytes && after.wire == TypeBytes {
			old, more := before.bytes(), after.bytes()
			b = append(b, list[:len(list)-len(last)]...)
			b = AppendMessage(b, after.number, len(old)+len(more))
			return append(append(b, old...), more...)
		}
	}
	return append(append(b, list...), added...)
}

// AppendSpliced appends the entries of a map except those that replaced reports, and the entries
// that were added, each before the first entry with a greater key. signed tells that an integer as
// key is a signed one. Added entries are in the order of their keys. AppendSpliced panics for
// [RecoverEncoding] if an entry that stays has the key of one that was added.
func AppendSpliced(b []byte, entries, added string, signed bool, replaced func(entry string) bool) []byte {
	insert, rest := cutEntry(added)
	key := keyOf(insert, TypeVarint, signed)
	for entry := range Entries(entries) {
		if replaced(entry) {
			continue
		}
		for insert != "" {
			order := key.compare(keyOf(entry, key.wire, signed))
			if order == 0 {
				failEncoding(errSameKeys)
			}
			if order > 0 {
				break
			}
			b = append(b, insert...)
			insert, rest = cutEntry(rest)
			key = keyOf(insert, key.wire, signed)
		}
		b = append(b, entry...)
	}
	return append(append(b, insert...), rest...)
}

// cutEntry returns the first entry of a field, and what follows it.
func cutEntry(field string) (entry, rest string) {
	for entry := range Entries(field) {
		return entry, field[len(entry):]
	}
	return "", ""
}

// mapKey is the key of an entry of a map as it is sorted.
type mapKey struct {
	wire  Type
	order uint64 // of a number
	bytes string // of any other key
}

// keyOf returns the key of an entry of a map. Without one, it is the zero of a wire type.
func keyOf(entry string, zero Type, signed bool) mapKey {
	raw := Raw{Type: zero}
	var r Reader
	r.Reset(entry)
	if r.Next() {
		outer := r.Enter()
		for r.Next() {
			if r.number == 1 {
				raw = r.Raw()
			} else {
				r.Skip()
			}
		}
		r.Leave(outer)
	}
	key := mapKey{wire: raw.Type, order: raw.Value, bytes: raw.Bytes}
	const sign = 1 << 63
	switch {
	case raw.Type == TypeVarint && signed:
		key.order = (raw.Value>>1 ^ -(raw.Value & 1)) ^ sign
	case raw.Type == TypeFixed32:
		key.order = orderOf(float64(math.Float32frombits(uint32(raw.Value))))
	case raw.Type == TypeFixed64:
		key.order = orderOf(math.Float64frombits(raw.Value))
	}
	return key
}

// orderOf returns a number that grows with v. It is the same for 0 and -0, which are one key.
func orderOf(v float64) uint64 {
	const sign = 1 << 63
	bits := math.Float64bits(v)
	if v == 0 {
		bits = 0
	}
	if bits&sign != 0 {
		return ^bits
	}
	return bits | sign
}

func (k mapKey) compare(other mapKey) int {
	switch {
	case k.order < other.order:
		return -1
	case k.order > other.order:
		return 1
	}
	return strings.Compare(k.bytes, other.bytes)
}
