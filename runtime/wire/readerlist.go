package wire

import (
	"math"
	"unsafe"
)

// ReadInts appends to values what [AppendInts] wrote, or a single value: Protocol Buffers allows both.
func ReadInts[S ~[]E, E SignedInteger](r *Reader, values S) S {
	values = room(r, values, 0)
	if r.wire != TypeBytes {
		return append(values, ReadInt[E](r))
	}
	return readPackedVarints(r, values, narrowInt[E])
}

// ReadUints appends to values what [AppendUints] wrote, or a single value: Protocol Buffers allows both.
func ReadUints[S ~[]E, E UnsignedInteger](r *Reader, values S) S {
	values = room(r, values, 0)
	if r.wire != TypeBytes {
		return append(values, ReadUint[E](r))
	}
	return readPackedVarints(r, values, narrowUint[E])
}

// ReadBools appends to values what [AppendBools] wrote, or a single value: Protocol Buffers allows both.
func ReadBools[S ~[]E, E ~bool](r *Reader, values S) S {
	values = room(r, values, 0)
	if r.wire != TypeBytes {
		return append(values, E(r.Bool()))
	}
	return readPackedVarints(r, values, func(_ *Reader, v uint64) E { return v != 0 })
}

func readPackedVarints[S ~[]E, E any](r *Reader, values S, narrow func(*Reader, uint64) E) S {
	outer := r.Enter()
	for r.err == nil && r.pos < r.limit {
		values = append(values, narrow(r, r.Varint()))
	}
	r.Leave(outer)
	return values
}

// ReadFloat32s appends to values what [AppendFloat32s] wrote, or a single value: Protocol Buffers allows both.
func ReadFloat32s[S ~[]E, E ~float32](r *Reader, values S) S {
	values = room(r, values, 4)
	if r.wire != TypeBytes {
		return append(values, E(r.Float32()))
	}
	packed := r.bytes()
	if len(packed)%4 != 0 {
		r.fail(errTruncated)
		return values
	}
	for ; packed != ""; packed = packed[4:] {
		values = append(values, E(math.Float32frombits(fixed32(packed))))
	}
	return values
}

// ReadFloat64s appends to values what [AppendFloat64s] wrote, or a single value: Protocol Buffers allows both.
func ReadFloat64s[S ~[]E, E ~float64](r *Reader, values S) S {
	values = room(r, values, 8)
	if r.wire != TypeBytes {
		return append(values, E(r.Float64()))
	}
	packed := r.bytes()
	if len(packed)%8 != 0 {
		r.fail(errTruncated)
		return values
	}
	for ; packed != ""; packed = packed[8:] {
		values = append(values, E(math.Float64frombits(fixed64(packed))))
	}
	return values
}

// Grow returns values with room for at least one more element of the list that the current
// entry belongs to. If it is the list's first entry, the room is exactly that for the elements
// in the message.
func Grow[S ~[]E, E any](r *Reader, values S) S {
	if len(values) < cap(values) {
		return values
	}
	return begin(r, values)
}

// begin is Grow for values without room. It is a function of its own so that Grow is inlined.
func begin[S ~[]E, E any](r *Reader, values S) S {
	if values == nil {
		return make(S, 0, r.Count())
	}
	return regrow(r, values, 1)
}

// room is Grow for the elements that the current entry packs. width is the number of bytes in
// each, or 0 for varints.
func room[S ~[]E, E any](r *Reader, values S, width int) S {
	n := r.packedHere(width)
	switch {
	case n <= cap(values)-len(values):
		return values
	case values == nil:
		return make(S, 0, r.countPacked(width))
	}
	return regrow(r, values, n)
}

// regrow copies a list to where there is room for n more elements. Only entries that are merged
// into one list need it, which generated code does not write, so that a budget may bound it.
func regrow[S ~[]E, E any](r *Reader, values S, n int) S {
	most := max(len(values)+n, 2*len(values))
	var element E
	if r.merged += most * int(unsafe.Sizeof(element)); r.merged > freeMerged+maxMerged*len(r.data) {
		r.fail(errTooMany)
		return values
	}
	return append(make(S, 0, most), values...)
}

// Count returns how many entries with the current number the rest of the message has, with the
// current one, so that a list is allocated for once. Each list of a message calls it once, so
// that all together look at each entry as often as the message has lists.
func (r *Reader) Count() int {
	count := 0
	for ahead := r.ahead(); ahead.pos < ahead.limit; {
		switch ahead.Pass() {
		case r.number:
			count++
		case 0:
			return count
		}
	}
	return count
}

// countPacked is Count for the elements of packed lists.
func (r *Reader) countPacked(width int) int {
	count := 0
	for ahead := r.ahead(); ahead.sameNumber(r.number); ahead.Skip() {
		count += ahead.packedHere(width)
	}
	return count
}

// ahead returns a reader before the current entry, which moves independently of r.
func (r *Reader) ahead() Reader {
	ahead := *r
	ahead.pos = r.entry
	return ahead
}

// sameNumber goes to the next entry with a number, and reports whether there is one.
func (r *Reader) sameNumber(number int32) bool {
	for r.Next() {
		if r.number == number {
			return true
		}
		r.Skip()
	}
	return false
}

// packedHere returns how many elements the current entry has.
func (r *Reader) packedHere(width int) int {
	if r.wire != TypeBytes {
		return 1
	}
	here := *r
	packed := here.bytes()
	if width > 0 {
		return len(packed) / width
	}
	ends := 0
	for i := range len(packed) {
		if packed[i] < 0x80 {
			ends++
		}
	}
	return ends
}
