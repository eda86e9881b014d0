package runtime

import (
	"math"
)

// ReadInts adds what [AppendInts] wrote, or a single value, to values.
func ReadInts[S ~[]E, E SignedInteger](r *Reader, values S) S {
	if r.wire != wireBytes {
		return append(values, ReadInt[E](r))
	}
	return readPackedVarints(r, values, narrowInt[E])
}

// ReadUints adds what [AppendUints] wrote, or a single value, to values.
func ReadUints[S ~[]E, E UnsignedInteger](r *Reader, values S) S {
	if r.wire != wireBytes {
		return append(values, ReadUint[E](r))
	}
	return readPackedVarints(r, values, narrowUint[E])
}

// ReadBools adds what [AppendBools] wrote, or a single value, to values.
func ReadBools[S ~[]E, E ~bool](r *Reader, values S) S {
	if r.wire != wireBytes {
		return append(values, E(r.Bool()))
	}
	return readPackedVarints(r, values, func(_ *Reader, v uint64) E { return v != 0 })
}

func readPackedVarints[S ~[]E, E any](r *Reader, values S, narrow func(*Reader, uint64) E) S {
	outer := r.Enter()
	ends := 0
	for i := r.pos; i < r.limit; i++ {
		if r.data[i] < 0x80 {
			ends++
		}
	}
	values = grow(values, ends)
	for r.err == nil && r.pos < r.limit {
		values = append(values, narrow(r, r.varint()))
	}
	r.Leave(outer)
	return values
}

// ReadFloat32s adds what [AppendFloat32s] wrote, or a single value, to values.
func ReadFloat32s[S ~[]E, E ~float32](r *Reader, values S) S {
	if r.wire != wireBytes {
		return append(values, E(r.Float32()))
	}
	packed := r.bytes()
	if len(packed)%4 != 0 {
		r.fail(errTruncated)
		return values
	}
	values = grow(values, len(packed)/4)
	for ; packed != ""; packed = packed[4:] {
		values = append(values, E(math.Float32frombits(fixed32(packed))))
	}
	return values
}

// ReadFloat64s adds what [AppendFloat64s] wrote, or a single value, to values.
func ReadFloat64s[S ~[]E, E ~float64](r *Reader, values S) S {
	if r.wire != wireBytes {
		return append(values, E(r.Float64()))
	}
	packed := r.bytes()
	if len(packed)%8 != 0 {
		r.fail(errTruncated)
		return values
	}
	values = grow(values, len(packed)/8)
	for ; packed != ""; packed = packed[8:] {
		values = append(values, E(math.Float64frombits(fixed64(packed))))
	}
	return values
}

// grow makes room for exactly n more values, where none are there yet, and lets
// append decide otherwise, so that many small lists do not copy each time.
func grow[S ~[]E, E any](values S, n int) S {
	if values == nil && n > 0 {
		return make(S, 0, n)
	}
	return values
}
