package wire

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// ErrEncoding is the error for a value that cannot be written, because a method of its type
// returns an error or because the value contains itself. Nothing is committed then.
var ErrEncoding = errors.New("sessiongen: value cannot be encoded")

// ErrEncodeChanged is the error for a value whose length when it was written differs from its
// length when it was measured. Nothing is committed then.
var ErrEncodeChanged = errors.New("encoded to another length than a moment before: does a method give changing results, or another goroutine change the value?")

var (
	errEncodeTooDeep = errors.New("nested deeper than a record may be: does it contain itself?")
	errLength        = errors.New("another number of elements than the array has") // when reading
)

// encodeFailure is the panic of an Append or Size function, for [RecoverEncoding]: generated
// code calls them within each other, and most of them cannot fail.
type encodeFailure struct{ err error }

func failEncoding(err error) { panic(encodeFailure{err}) }

// RecoverEncoding sets *err to an error that wraps [ErrEncoding] if an Append or Size function
// has panicked with a value that cannot be written. Other panics go on. It must be deferred.
func RecoverEncoding(err *error) {
	switch failure := recover().(type) {
	case nil:
	case encodeFailure:
		*err = fmt.Errorf("%w: %w", ErrEncoding, failure.err)
	default:
		panic(failure)
	}
}

// Unknown is the type of a field of a nested struct that keeps the entries which other
// programs and versions have written into the message, and which this one does not know.
type Unknown []byte

// Keep appends the current entry, whose number this program does not know, to unknown.
func (r *Reader) Keep(unknown Unknown) Unknown {
	start := r.entry
	r.Skip()
	if r.err != nil {
		return unknown
	}
	return append(unknown, r.data[start:r.pos]...)
}

// CheckDepth panics for [RecoverEncoding] if depth, the number of structs around a value, is
// more than [MaxDepth], as in a struct that contains itself.
func CheckDepth(depth int) {
	if depth > MaxDepth {
		failEncoding(errEncodeTooDeep)
	}
}

// SizeBinary returns the number of bytes that [AppendBinary] appends.
func SizeBinary(number int32, v encoding.BinaryMarshaler) int {
	return SizeMessage(number, len(marshalBinary(v)))
}

// AppendBinary appends what v.MarshalBinary returns. It panics for [RecoverEncoding] if that
// is an error.
func AppendBinary(b []byte, number int32, v encoding.BinaryMarshaler) []byte {
	return AppendString(b, number, marshalBinary(v))
}

func marshalBinary(v encoding.BinaryMarshaler) []byte {
	encoded, err := v.MarshalBinary()
	if err != nil {
		failEncoding(fmt.Errorf("MarshalBinary of %T: %w", v, err))
	}
	return encoded
}

// ReadBinary passes what [AppendBinary] wrote to UnmarshalBinary, whose error becomes that of r.
func ReadBinary(r *Reader, v encoding.BinaryUnmarshaler) {
	encoded := r.Bytes()
	if r.err != nil {
		return
	}
	if err := v.UnmarshalBinary(encoded); err != nil {
		r.fail(fmt.Errorf("UnmarshalBinary of %T refuses it", v))
	}
}

// SizeText returns the number of bytes that [AppendText] appends.
func SizeText(number int32, v encoding.TextMarshaler) int {
	return SizeMessage(number, len(marshalText(v)))
}

// AppendText appends what v.MarshalText returns. It panics for [RecoverEncoding] if that is
// an error.
func AppendText(b []byte, number int32, v encoding.TextMarshaler) []byte {
	return AppendString(b, number, marshalText(v))
}

func marshalText(v encoding.TextMarshaler) []byte {
	encoded, err := v.MarshalText()
	if err != nil {
		failEncoding(fmt.Errorf("MarshalText of %T: %w", v, err))
	}
	return encoded
}

// ReadText passes what [AppendText] wrote to UnmarshalText, whose error becomes that of r.
func ReadText(r *Reader, v encoding.TextUnmarshaler) {
	encoded := r.Bytes()
	if r.err != nil {
		return
	}
	if err := v.UnmarshalText(encoded); err != nil {
		r.fail(fmt.Errorf("UnmarshalText of %T refuses it", v))
	}
}

// SizeJSON returns the number of bytes that [AppendJSON] appends.
func SizeJSON[T any](number int32, v *T) int { return SizeMessage(number, len(marshalJSON(v))) }

// AppendJSON appends what v points to, as JSON. It panics for [RecoverEncoding] if the value
// has no JSON.
func AppendJSON[T any](b []byte, number int32, v *T) []byte {
	return AppendString(b, number, marshalJSON(v))
}

func marshalJSON[T any](v *T) []byte {
	encoded, err := json.Marshal(v)
	if err != nil {
		failEncoding(fmt.Errorf("encoding %v as JSON: %w", reflect.TypeFor[T](), err))
	}
	return encoded
}

// ReadJSON reads what [AppendJSON] wrote, and replaces what v points to.
func ReadJSON[T any](r *Reader, v *T) {
	encoded := r.Bytes()
	if r.err != nil {
		return
	}
	var fresh T // encoding/json would merge the value into the old one
	if err := json.Unmarshal(encoded, &fresh); err != nil {
		r.fail(fmt.Errorf("JSON does not fit into %v", reflect.TypeFor[T]()))
		return
	}
	*v = fresh
}

// ReadArray reads an array of bytes into room. Another number of bytes is an error.
func ReadArray(r *Reader, room []byte) {
	encoded := r.String()
	r.CheckLength(len(encoded), len(room))
	if r.err == nil {
		copy(room, encoded)
	}
}

// CheckLength sets the error of r if got, the number of elements that were read into an array,
// is not want.
func (r *Reader) CheckLength(got, want int) {
	if r.err == nil && got != want {
		r.fail(errLength)
	}
}
