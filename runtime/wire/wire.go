package wire

import (
	"math"
	"math/bits"
	"time"
)

// Records are Protocol Buffers messages (https://protobuf.dev/programming-guides/encoding).
// Signed integers are sint64, unsigned ones uint64, and floats float and double. A time.Time
// is a google.protobuf.Timestamp, and a time.Duration a google.protobuf.Duration.
//
// An Append function appends a whole field to b, tag and value. Lists are packed, and an empty
// list is not written. Numbers are those of fields, from 1 to 2²⁹-1. All functions are safe for
// concurrent use.

// Type is the wire type of an entry: the last three bits of its tag.
type Type uint8

// The wire types that occur in records. Groups, which Protocol Buffers has deprecated, do not.
const (
	TypeVarint  Type = 0
	TypeFixed64 Type = 1
	TypeBytes   Type = 2
	TypeFixed32 Type = 5
)

// String returns the name of the wire type in the documentation of Protocol Buffers.
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

// SignedInteger are the types whose values are kept as sint64.
type SignedInteger interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64
}

// UnsignedInteger are the types whose values are kept as uint64.
type UnsignedInteger interface {
	~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

func zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

// SizeVarint returns the number of bytes that [AppendVarint] appends, from 1 to 10.
func SizeVarint(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

// AppendVarint appends a bare varint, without a tag.
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

// SizeTag returns the number of bytes in the tag of a field.
func SizeTag(number int32) int { return SizeVarint(uint64(number) << 3) }

func appendTag(b []byte, number int32, wire Type) []byte {
	tag := uint32(number)<<3 | uint32(wire)
	if tag >= 1<<14 && tag < 1<<21 {
		return append(b, byte(tag)|0x80, byte(tag>>7)|0x80, byte(tag>>14))
	}
	return AppendVarint(b, uint64(tag))
}

// AppendInt appends a signed integer.
func AppendInt(b []byte, number int32, v int64) []byte {
	return AppendVarint(appendTag(b, number, TypeVarint), zigzag(v))
}

// AppendUint appends an unsigned integer.
func AppendUint(b []byte, number int32, v uint64) []byte {
	return AppendVarint(appendTag(b, number, TypeVarint), v)
}

// AppendBool appends a bool.
func AppendBool(b []byte, number int32, v bool) []byte {
	b = appendTag(b, number, TypeVarint)
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendFloat32 appends a float32.
func AppendFloat32(b []byte, number int32, v float32) []byte {
	return appendFixed32(appendTag(b, number, TypeFixed32), math.Float32bits(v))
}

// AppendFloat64 appends a float64.
func AppendFloat64(b []byte, number int32, v float64) []byte {
	return appendFixed64(appendTag(b, number, TypeFixed64), math.Float64bits(v))
}

// IsZeroFloat reports whether v is 0, which need not be written, rather than -0, which is.
func IsZeroFloat[T ~float32 | ~float64](v T) bool { return math.Float64bits(float64(v)) == 0 }

// AreZeroFloats reports whether [IsZeroFloat] holds for all values.
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

// AppendString appends a string or bytes.
func AppendString[S ~string | ~[]byte](b []byte, number int32, v S) []byte {
	return append(AppendMessage(b, number, len(v)), v...)
}

// AppendMessage appends the tag and the length of a field. Its contents, size bytes, must be
// appended next.
func AppendMessage(b []byte, number int32, size int) []byte {
	return AppendVarint(appendTag(b, number, TypeBytes), uint64(size))
}

// OpenMessage appends the tag of a field and room for its length. Its contents must be appended
// next, and then [CloseMessage] called with the length of the result:
//
//	b = wire.OpenMessage(b, 28939)
//	open := len(b)
//	b = appendItem(b, &item)
//	b = wire.CloseMessage(b, open)
//
// So the length is that of what was appended, even if a type encodes a value to another length
// each time.
func OpenMessage(b []byte, number int32) []byte { return append(appendTag(b, number, TypeBytes), 0) }

// CloseMessage writes the length of the message whose contents begin at open.
func CloseMessage(b []byte, open int) []byte {
	if size := len(b) - open; size < 0x80 {
		b[open-1] = byte(size)
		return b
	}
	return closeLongMessage(b, open)
}

// closeLongMessage moves the contents behind a length of more than one byte.
func closeLongMessage(b []byte, open int) []byte {
	size := uint64(len(b) - open)
	var room [9]byte
	b = append(b, room[:SizeVarint(size)-1]...)
	copy(b[len(b)-int(size):], b[open:])
	appendLongVarint(b[:open-1], size)
	return b
}

// CloseFilled is [CloseMessage] for a field that is left out if it has no contents.
func CloseFilled(b []byte, open int, number int32) []byte {
	if len(b) == open {
		return b[:open-1-SizeTag(number)]
	}
	return CloseMessage(b, open)
}

// AppendTime appends a time as a google.protobuf.Timestamp, without its location and its
// monotonic reading.
func AppendTime(b []byte, number int32, v time.Time) []byte {
	return appendMoment(b, number, v.Unix(), int64(v.Nanosecond()))
}

// AppendDuration appends a duration as a google.protobuf.Duration.
func AppendDuration(b []byte, number int32, v time.Duration) []byte {
	return appendMoment(b, number, int64(v/time.Second), int64(v%time.Second))
}

// A moment is what Timestamp and Duration have in common: field 1 is the seconds as an int64,
// and field 2 the nanoseconds as an int32.
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

// AppendInts appends a list of signed integers.
func AppendInts[S ~[]E, E SignedInteger](b []byte, number int32, values S) []byte {
	if len(values) == 0 {
		return b
	}
	b = OpenMessage(b, number)
	open := len(b)
	for _, v := range values {
		b = AppendVarint(b, zigzag(int64(v)))
	}
	return CloseMessage(b, open)
}

// AppendUints appends a list of unsigned integers.
func AppendUints[S ~[]E, E UnsignedInteger](b []byte, number int32, values S) []byte {
	if len(values) == 0 {
		return b
	}
	b = OpenMessage(b, number)
	open := len(b)
	for _, v := range values {
		b = AppendVarint(b, uint64(v))
	}
	return CloseMessage(b, open)
}

// AppendBools appends a list of bools.
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

// AppendFloat32s appends a list of float32.
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

// AppendFloat64s appends a list of float64.
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
