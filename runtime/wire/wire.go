package wire

import (
	"math"
	"math/bits"
	"time"
)

// Records are Protocol Buffers messages (https://protobuf.dev/programming-guides/encoding).
// Integers with a sign are sint64, those without uint64; floats are fixed32 and
// fixed64; time.Time is google.protobuf.Timestamp, time.Duration is
// google.protobuf.Duration. The functions here are for generated code: Size
// functions return exactly what the Append function of the same name adds.

// Type is the wire type of an entry, the last three bits of its tag.
type Type uint8

// The wire types that records have.
const (
	TypeVarint  Type = 0
	TypeFixed64 Type = 1
	TypeBytes   Type = 2
	TypeFixed32 Type = 5
)

// String is what the documentation of Protocol Buffers calls a wire type.
func (t Type) String() string {
	switch t {
	case TypeVarint:
		return "varint"
	case TypeFixed64:
		return "i64"
	case TypeBytes:
		return "len"
	case TypeFixed32:
		return "i32"
	}
	return "unknown"
}

// SignedInteger is every type whose values are kept as sint64.
type SignedInteger interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64
}

// UnsignedInteger is every type whose values are kept as uint64.
type UnsignedInteger interface {
	~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

func zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

// SizeVarint is the number of bytes that [AppendVarint] adds.
func SizeVarint(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

// AppendVarint writes a bare varint, without a tag.
func AppendVarint(b []byte, v uint64) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	return appendLongVarint(b, v)
}

func appendLongVarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// SizeTag is the number of bytes of a field's tag.
func SizeTag(number int32) int { return SizeVarint(uint64(number) << 3) }

func appendTag(b []byte, number int32, wire Type) []byte {
	tag := uint32(number)<<3 | uint32(wire)
	if tag >= 1<<14 && tag < 1<<21 {
		return append(b, byte(tag)|0x80, byte(tag>>7)|0x80, byte(tag>>14))
	}
	return AppendVarint(b, uint64(tag))
}

// SizeInt is for a field that [AppendInt] writes.
func SizeInt(number int32, v int64) int { return SizeTag(number) + SizeVarint(zigzag(v)) }

// AppendInt writes a signed integer.
func AppendInt(b []byte, number int32, v int64) []byte {
	return AppendVarint(appendTag(b, number, TypeVarint), zigzag(v))
}

// SizeUint is for a field that [AppendUint] writes.
func SizeUint(number int32, v uint64) int { return SizeTag(number) + SizeVarint(v) }

// AppendUint writes an unsigned integer.
func AppendUint(b []byte, number int32, v uint64) []byte {
	return AppendVarint(appendTag(b, number, TypeVarint), v)
}

// SizeBool is for a field that [AppendBool] writes.
func SizeBool(number int32, _ bool) int { return SizeTag(number) + 1 }

// AppendBool writes a bool.
func AppendBool(b []byte, number int32, v bool) []byte {
	b = appendTag(b, number, TypeVarint)
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// SizeFloat32 is for a field that [AppendFloat32] writes.
func SizeFloat32(number int32, _ float32) int { return SizeTag(number) + 4 }

// AppendFloat32 writes a float32.
func AppendFloat32(b []byte, number int32, v float32) []byte {
	return appendFixed32(appendTag(b, number, TypeFixed32), math.Float32bits(v))
}

// SizeFloat64 is for a field that [AppendFloat64] writes.
func SizeFloat64(number int32, _ float64) int { return SizeTag(number) + 8 }

// AppendFloat64 writes a float64.
func AppendFloat64(b []byte, number int32, v float64) []byte {
	return appendFixed64(appendTag(b, number, TypeFixed64), math.Float64bits(v))
}

// IsZeroFloat says that v is 0 and not -0, which is kept.
func IsZeroFloat[T ~float32 | ~float64](v T) bool { return math.Float64bits(float64(v)) == 0 }

// AreZeroFloats is [IsZeroFloat] of all values.
func AreZeroFloats[S ~[]E, E ~float32 | ~float64](values S) bool {
	for _, v := range values {
		if !IsZeroFloat(v) {
			return false
		}
	}
	return true
}

func appendFixed32(b []byte, v uint32) []byte {
	return append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
}

func appendFixed64(b []byte, v uint64) []byte {
	return append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24), byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56))
}

// SizeString is for a field that [AppendString] writes.
func SizeString[S ~string | ~[]byte](number int32, v S) int { return SizeMessage(number, len(v)) }

// AppendString writes a string or bytes.
func AppendString[S ~string | ~[]byte](b []byte, number int32, v S) []byte {
	return append(AppendMessage(b, number, len(v)), v...)
}

// SizeMessage is for a field whose contents take size bytes.
func SizeMessage(number int32, size int) int {
	return SizeTag(number) + SizeVarint(uint64(size)) + size
}

// AppendMessage writes the head of a field whose contents, size bytes of them,
// are to be appended next.
func AppendMessage(b []byte, number int32, size int) []byte {
	return AppendVarint(appendTag(b, number, TypeBytes), uint64(size))
}

// SizeTime is for a field that [AppendTime] writes.
func SizeTime(number int32, v time.Time) int {
	return SizeMessage(number, sizeMoment(v.Unix(), int64(v.Nanosecond())))
}

// AppendTime writes a time as google.protobuf.Timestamp; its location and
// monotonic reading are not kept.
func AppendTime(b []byte, number int32, v time.Time) []byte {
	return appendMoment(b, number, v.Unix(), int64(v.Nanosecond()))
}

// SizeDuration is for a field that [AppendDuration] writes.
func SizeDuration(number int32, v time.Duration) int {
	return SizeMessage(number, sizeMoment(int64(v/time.Second), int64(v%time.Second)))
}

// AppendDuration writes a duration as google.protobuf.Duration.
func AppendDuration(b []byte, number int32, v time.Duration) []byte {
	return appendMoment(b, number, int64(v/time.Second), int64(v%time.Second))
}

// A moment is what Timestamp and Duration have in common: seconds as int64 in
// field 1 and nanoseconds as int32 in field 2, neither of them zigzag.
func sizeMoment(seconds, nanos int64) int {
	size := 0
	if seconds != 0 {
		size += 1 + SizeVarint(uint64(seconds))
	}
	if nanos != 0 {
		size += 1 + SizeVarint(uint64(nanos))
	}
	return size
}

func appendMoment(b []byte, number int32, seconds, nanos int64) []byte {
	b = AppendMessage(b, number, sizeMoment(seconds, nanos))
	if seconds != 0 {
		b = AppendVarint(append(b, 1<<3), uint64(seconds))
	}
	if nanos != 0 {
		b = AppendVarint(append(b, 2<<3), uint64(nanos))
	}
	return b
}

// SizeInts is for a field that [AppendInts] writes.
func SizeInts[S ~[]E, E SignedInteger](number int32, values S) int {
	return sizePacked(number, sizeInts(values))
}

func sizeInts[S ~[]E, E SignedInteger](values S) int {
	size := 0
	for _, v := range values {
		size += SizeVarint(zigzag(int64(v)))
	}
	return size
}

func sizePacked(number int32, size int) int {
	if size == 0 {
		return 0
	}
	return SizeMessage(number, size)
}

// AppendInts writes a packed list of signed integers, nothing if it is empty.
func AppendInts[S ~[]E, E SignedInteger](b []byte, number int32, values S) []byte {
	if len(values) == 0 {
		return b
	}
	b = AppendMessage(b, number, sizeInts(values))
	for _, v := range values {
		b = AppendVarint(b, zigzag(int64(v)))
	}
	return b
}

// SizeUints is for a field that [AppendUints] writes.
func SizeUints[S ~[]E, E UnsignedInteger](number int32, values S) int {
	return sizePacked(number, sizeUints(values))
}

func sizeUints[S ~[]E, E UnsignedInteger](values S) int {
	size := 0
	for _, v := range values {
		size += SizeVarint(uint64(v))
	}
	return size
}

// AppendUints writes a packed list of unsigned integers, nothing if it is empty.
func AppendUints[S ~[]E, E UnsignedInteger](b []byte, number int32, values S) []byte {
	if len(values) == 0 {
		return b
	}
	b = AppendMessage(b, number, sizeUints(values))
	for _, v := range values {
		b = AppendVarint(b, uint64(v))
	}
	return b
}

// SizeBools is for a field that [AppendBools] writes.
func SizeBools[S ~[]E, E ~bool](number int32, values S) int {
	return sizePacked(number, len(values))
}

// AppendBools writes a packed list of bools, nothing if it is empty.
func AppendBools[S ~[]E, E ~bool](b []byte, number int32, values S) []byte {
	if len(values) == 0 {
		return b
	}
	b = AppendMessage(b, number, len(values))
	for _, v := range values {
		if v {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	return b
}

// SizeFloat32s is for a field that [AppendFloat32s] writes.
func SizeFloat32s[S ~[]E, E ~float32](number int32, values S) int {
	return sizePacked(number, 4*len(values))
}

// AppendFloat32s writes a packed list of float32, nothing if it is empty.
func AppendFloat32s[S ~[]E, E ~float32](b []byte, number int32, values S) []byte {
	if len(values) == 0 {
		return b
	}
	b = AppendMessage(b, number, 4*len(values))
	for _, v := range values {
		b = appendFixed32(b, math.Float32bits(float32(v)))
	}
	return b
}

// SizeFloat64s is for a field that [AppendFloat64s] writes.
func SizeFloat64s[S ~[]E, E ~float64](number int32, values S) int {
	return sizePacked(number, 8*len(values))
}

// AppendFloat64s writes a packed list of float64, nothing if it is empty.
func AppendFloat64s[S ~[]E, E ~float64](b []byte, number int32, values S) []byte {
	if len(values) == 0 {
		return b
	}
	b = AppendMessage(b, number, 8*len(values))
	for _, v := range values {
		b = appendFixed64(b, math.Float64bits(float64(v)))
	}
	return b
}
