package wire

import (
	"errors"
	"math"
	"time"
)

// What a field may contain at most, so that hostile bytes cost little to refuse.
const (
	// MaxDepth is the number of messages, and so of structs, that may be nested in each other.
	MaxDepth = 64
	// MaxMessages is the number of nested messages and map entries in one field.
	MaxMessages = 1 << 20
	// LeastMessage is the size, in bytes, of the smallest message in another one. A field of
	// LeastMessage * MaxMessages bytes or less has no more than MaxMessages of them.
	LeastMessage = 2

	// Lists that are merged may be copied: maxMerged bytes for each byte that is read, and
	// freeMerged bytes besides.
	maxMerged  = 8
	freeMerged = 4096
)

// Why a field cannot be read. The engine resets the field and raises an event.
var (
	errTruncated  = errors.New("value is cut off")
	errMalformed  = errors.New("not a Protocol Buffers message")
	errWireType   = errors.New("kept in another form than the field's type has")
	errOutOfRange = errors.New("value is out of the type's range")
	errTooDeep    = errors.New("nested too deep")
	errTooMany    = errors.New("too many elements")
)

// Reader walks over the entries of a Protocol Buffers message, as generated code does:
//
//	outer := r.Enter()
//	for r.Next() {
//		switch r.Number() {
//		case 48211:
//			item.Name = r.String()
//		default:
//			r.Skip()
//		}
//	}
//	r.Leave(outer)
//
// The first error ends all loops: Next and More report false from then on, and the methods
// that read a value return zero values. Strings share memory with the message. A Reader is not
// safe for concurrent use.
type Reader struct {
	data     string
	pos      int
	limit    int // where the current message ends
	entry    int // where the current entry begins
	merged   int // bytes of lists that were copied
	number   int32
	depth    int32
	messages int32
	wire     Type
	err      error
}

// NewReader returns a Reader before the first entry of data.
func NewReader(data string) *Reader { return &Reader{data: data, limit: len(data)} }

// Reset makes r a Reader before the first entry of data.
func (r *Reader) Reset(data string) { *r = Reader{data: data, limit: len(data)} }

// Err returns the first error, and nil if there was none.
func (r *Reader) Err() error { return r.err }

func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.pos = r.limit
}

// Next goes to the next entry of the current message, and reports whether there is one. The
// value of the entry before must have been read or skipped.
func (r *Reader) Next() bool {
	if r.err != nil || r.pos >= r.limit {
		return false
	}
	r.entry = r.pos
	var tag uint64
	if rest := r.data[r.pos:r.limit]; len(rest) > 2 && rest[0] >= 0x80 && rest[1] >= 0x80 && rest[2] < 0x80 {
		// Three bytes, as the tags of most of a schema's fields have.
		tag = uint64(rest[0]&0x7f) | uint64(rest[1]&0x7f)<<7 | uint64(rest[2])<<14
		r.pos += 3
	} else if tag = r.Varint(); r.err != nil {
		return false
	}
	if tag < 1<<3 || tag >= 1<<32 {
		r.fail(errMalformed)
		return false
	}
	r.number, r.wire = int32(tag>>3), Type(tag&7)
	return true
}

// Pass passes over the next entry, tag and value, and returns its number. It returns 0 after
// an error. For most entries it is faster than Next and Skip. There must be an entry: see More.
func (r *Reader) Pass() (number int32) {
	rest := r.data[r.pos:r.limit]
	var tag uint32
	n := 1
	switch {
	case len(rest) > 1 && rest[0] < 0x80:
		tag = uint32(rest[0])
	case len(rest) > 3 && rest[1] >= 0x80 && rest[2] < 0x80:
		tag, n = uint32(rest[0]&0x7f)|uint32(rest[1]&0x7f)<<7|uint32(rest[2])<<14, 3
	}
	end := 0
	switch {
	case tag < 1<<3:
	case rest[n] >= 0x80:
	case Type(tag&7) == TypeBytes:
		end = n + 1 + int(rest[n])
	case Type(tag&7) == TypeVarint:
		end = n + 1
	}
	if end != 0 && end <= len(rest) {
		r.entry = r.pos
		r.pos += end
		return int32(tag >> 3)
	}
	if !r.Next() {
		return 0
	}
	number = r.number
	if r.Skip(); r.err != nil {
		return 0
	}
	return number
}

// Number returns the field number of the current entry, as Next found it.
func (r *Reader) Number() int32 { return r.number }

// More reports whether there is another entry in the current message.
func (r *Reader) More() bool { return r.pos < r.limit }

// Again goes back to the entry that Pass passed over, whose value can then be read.
func (r *Reader) Again() {
	r.pos = r.entry
	r.Next()
}

// Span returns the offsets in the message of the current entry's tag, and of the next byte to
// be read.
func (r *Reader) Span() (start, end int) { return r.entry, r.pos }

// Since returns the bytes from the offset start up to the next byte to be read.
func (r *Reader) Since(start int) string { return r.data[start:r.pos] }

// Rest returns the bytes of the current message that are not read yet.
func (r *Reader) Rest() string { return r.data[r.pos:r.limit] }

// Skip passes over the current value.
func (r *Reader) Skip() {
	switch r.wire {
	case TypeVarint:
		r.Varint()
	case TypeFixed64:
		r.fixed(8)
	case TypeBytes:
		r.bytes()
	case TypeFixed32:
		r.fixed(4)
	default:
		r.fail(errMalformed)
	}
}

// Enter makes the current value, which must be a message, the message that Next walks over. Its
// result is the argument of the Leave that belongs to it.
func (r *Reader) Enter() (outer int) {
	outer = r.limit
	if r.wire != TypeBytes {
		r.fail(errWireType)
		return outer
	}
	size := r.length()
	if r.depth++; r.depth > MaxDepth {
		r.fail(errTooDeep)
	}
	if r.messages++; r.messages > MaxMessages {
		r.fail(errTooMany)
	}
	if r.err == nil {
		r.limit = r.pos + size
	}
	return outer
}

// Leave goes back to the message around the current one.
func (r *Reader) Leave(outer int) {
	r.depth--
	if r.err == nil {
		r.pos = r.limit
	} else {
		r.pos = outer
	}
	r.limit = outer
}

// Varint reads a bare varint, which has no tag.
func (r *Reader) Varint() uint64 {
	if r.pos < r.limit {
		if b := r.data[r.pos]; b < 0x80 {
			r.pos++
			return uint64(b)
		}
	}
	return r.longVarint()
}

func (r *Reader) longVarint() uint64 {
	var v uint64
	rest := r.data[r.pos:r.limit]
	for i := 0; i < len(rest); i++ {
		b := rest[i]
		if i == 9 && b > 1 {
			r.fail(errMalformed)
			return 0
		}
		v |= uint64(b&0x7f) << (7 * i & 63)
		if b < 0x80 {
			r.pos += i + 1
			return v
		}
	}
	r.fail(errTruncated)
	return 0
}

func (r *Reader) length() int {
	size := r.Varint()
	if size > uint64(r.limit-r.pos) {
		r.fail(errTruncated)
		return 0
	}
	return int(size)
}

func (r *Reader) bytes() string {
	size := r.length()
	start := r.pos
	r.pos += size
	return r.data[start:r.pos]
}

func (r *Reader) fixed(size int) string {
	if r.limit-r.pos < size {
		r.fail(errTruncated)
		return "\x00\x00\x00\x00\x00\x00\x00\x00"[:size]
	}
	start := r.pos
	r.pos += size
	return r.data[start:r.pos]
}

func (r *Reader) expect(wire Type) bool {
	if r.wire != wire {
		r.fail(errWireType)
	}
	return r.err == nil
}

// ReadInt reads what [AppendInt] wrote. A value that T cannot hold is an error.
func ReadInt[T SignedInteger](r *Reader) T {
	if !r.expect(TypeVarint) {
		return 0
	}
	return narrowInt[T](r, r.Varint())
}

func narrowInt[T SignedInteger](r *Reader, encoded uint64) T {
	wide := int64(encoded>>1) ^ -int64(encoded&1)
	v := T(wide)
	if int64(v) != wide {
		r.fail(errOutOfRange)
		return 0
	}
	return v
}

// ReadUint reads what [AppendUint] wrote. A value that T cannot hold is an error.
func ReadUint[T UnsignedInteger](r *Reader) T {
	if !r.expect(TypeVarint) {
		return 0
	}
	return narrowUint[T](r, r.Varint())
}

func narrowUint[T UnsignedInteger](r *Reader, wide uint64) T {
	v := T(wide)
	if uint64(v) != wide {
		r.fail(errOutOfRange)
		return 0
	}
	return v
}

// Bool reads what [AppendBool] wrote.
func (r *Reader) Bool() bool {
	return r.expect(TypeVarint) && r.Varint() != 0
}

// Float32 reads what [AppendFloat32] wrote.
func (r *Reader) Float32() float32 {
	if !r.expect(TypeFixed32) {
		return 0
	}
	return math.Float32frombits(fixed32(r.fixed(4)))
}

// Float64 reads what [AppendFloat64] wrote.
func (r *Reader) Float64() float64 {
	if !r.expect(TypeFixed64) {
		return 0
	}
	return math.Float64frombits(fixed64(r.fixed(8)))
}

func fixed32(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func fixed64(s string) uint64 {
	return uint64(fixed32(s[:4])) | uint64(fixed32(s[4:]))<<32
}

// String reads what [AppendString] wrote. The result shares memory with the message.
func (r *Reader) String() string {
	if rest := r.data[r.pos:r.limit]; r.wire == TypeBytes && len(rest) > 0 && int(rest[0]) < min(0x80, len(rest)) {
		end := 1 + int(rest[0])
		r.pos += end
		return rest[1:end]
	}
	return r.longString()
}

func (r *Reader) longString() string {
	if !r.expect(TypeBytes) {
		return ""
	}
	return r.bytes()
}

// Bytes reads what [AppendString] wrote, into memory of its own. The result is nil only after
// an error.
func (r *Reader) Bytes() []byte {
	if !r.expect(TypeBytes) {
		return nil
	}
	return append([]byte{}, r.bytes()...)
}

// Time reads what [AppendTime] wrote. The result is in UTC.
func (r *Reader) Time() time.Time {
	seconds, nanos := r.moment()
	if r.err != nil {
		return time.Time{}
	}
	if nanos < 0 || nanos >= int64(time.Second) {
		r.fail(errOutOfRange)
		return time.Time{}
	}
	return time.Unix(seconds, nanos).UTC()
}

// Duration reads what [AppendDuration] wrote.
func (r *Reader) Duration() time.Duration {
	seconds, nanos := r.moment()
	const most = int64(math.MaxInt64 / time.Second)
	if r.err != nil {
		return 0
	}
	d := time.Duration(seconds)*time.Second + time.Duration(nanos)
	overflow := seconds > 0 && nanos > 0 && d < 0 || seconds < 0 && nanos < 0 && d > 0
	if seconds > most || seconds < -most || nanos <= -int64(time.Second) || nanos >= int64(time.Second) || overflow {
		r.fail(errOutOfRange)
		return 0
	}
	return d
}

func (r *Reader) moment() (seconds, nanos int64) {
	outer := r.Enter()
	for r.Next() {
		switch r.number {
		case 1:
			if r.expect(TypeVarint) {
				seconds = int64(r.Varint())
			}
		case 2:
			if r.expect(TypeVarint) {
				nanos = int64(int32(r.Varint())) // as Protocol Buffers reads an int32
			}
		default:
			r.Skip()
		}
	}
	r.Leave(outer)
	return seconds, nanos
}
