package wire

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// What a value may not be when it is written. The commit fails with it, and
// nothing is changed.
var (
	errEncodeTooDeep = errors.New("nested deeper than a record may be: does it contain itself?")
	// ErrEncodeChanged says that a value had another length when it was written than when it was measured.
	ErrEncodeChanged = errors.New("encoded to another length than a moment before: does a method give changing results, or another goroutine change the value?")
)

// errLength says why an array could not be read.
var errLength = errors.New("another number of elements than the array has")

// ErrEncoding says that a value cannot be written, for a method of its type
// refuses to or because it contains itself. Nothing was committed.
var ErrEncoding = errors.New("sessiongen: value cannot be encoded")

// encodeFailure is what the functions for types that encode themselves panic
// with, for [RecoverEncoding].
type encodeFailure struct{ err error }

func failEncoding(err error) { panic(encodeFailure{err}) }

// RecoverEncoding turns the panic of an Append or Size function that met a value which cannot be
// written into an error. It is to be deferred.
func RecoverEncoding(err *error) {
	switch failure := recover().(type) {
	case nil:
	case encodeFailure:
		*err = fmt.Errorf("%w: %w", ErrEncoding, failure.err)
	default:
		panic(failure)
	}
}

// Unknown is a type for a field of a nested struct that keeps what other programs
// and versions have written into the message and this one does not know.
type Unknown []byte

// Keep adds the current value, which this program does not know, to unknown.
func (r *Reader) Keep(unknown Unknown) Unknown {
	start := r.entry
	r.Skip()
	if r.err != nil {
		return unknown
	}
	return append(unknown, r.data[start:r.pos]...)
}

// MaxDepth is how deep structs may be nested in each other in a field.
const MaxDepth = maxDepth

// CheckDepth fails the commit if a struct that contains itself goes too deep.
func CheckDepth(depth int) {
	if depth > MaxDepth {
		failEncoding(errEncodeTooDeep)
	}
}

// IsZeroComplex says that both parts of v are 0 and not -0, which is kept.
func IsZeroComplex[T ~complex64 | ~complex128](v T) bool {
	wide := complex128(v)
	return IsZeroFloat(real(wide)) && IsZeroFloat(imag(wide))
}

// SizeComplex is for a field that [AppendComplex] writes.
func SizeComplex(number int32, _ complex128) int { return SizeMessage(number, 18) }

// AppendComplex writes a complex number as a message of two doubles.
func AppendComplex(b []byte, number int32, v complex128) []byte {
	b = AppendMessage(b, number, 18)
	b = AppendFloat64(b, 1, real(v))
	return AppendFloat64(b, 2, imag(v))
}

// Complex reads what [AppendComplex] wrote.
func (r *Reader) Complex() complex128 {
	var realPart, imaginary float64
	outer := r.Enter()
	for r.Next() {
		switch r.number {
		case 1:
			realPart = r.Float64()
		case 2:
			imaginary = r.Float64()
		default:
			r.Skip()
		}
	}
	r.Leave(outer)
	return complex(realPart, imaginary)
}

// SizeBinary is for a field that [AppendBinary] writes.
func SizeBinary(number int32, v encoding.BinaryMarshaler) int {
	return SizeMessage(number, len(marshalBinary(v)))
}

// AppendBinary writes what MarshalBinary makes of v.
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

// ReadBinary gives what [AppendBinary] wrote to UnmarshalBinary.
func ReadBinary(r *Reader, v encoding.BinaryUnmarshaler) {
	encoded := r.Bytes()
	if r.err != nil {
		return
	}
	if err := v.UnmarshalBinary(encoded); err != nil {
		r.fail(fmt.Errorf("UnmarshalBinary of %T refuses it", v))
	}
}

// SizeText is for a field that [AppendText] writes.
func SizeText(number int32, v encoding.TextMarshaler) int {
	return SizeMessage(number, len(marshalText(v)))
}

// AppendText writes what MarshalText makes of v.
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

// ReadText gives what [AppendText] wrote to UnmarshalText.
func ReadText(r *Reader, v encoding.TextUnmarshaler) {
	encoded := r.Bytes()
	if r.err != nil {
		return
	}
	if err := v.UnmarshalText(encoded); err != nil {
		r.fail(fmt.Errorf("UnmarshalText of %T refuses it", v))
	}
}

// SizeJSON is for a field that [AppendJSON] writes.
func SizeJSON[T any](number int32, v *T) int { return SizeMessage(number, len(marshalJSON(v))) }

// AppendJSON writes what v points to as JSON.
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

// ReadJSON reads what [AppendJSON] wrote, in place of what v points to.
func ReadJSON[T any](r *Reader, v *T) {
	encoded := r.Bytes()
	if r.err != nil {
		return
	}
	var fresh T // encoding/json would add to what is there
	if err := json.Unmarshal(encoded, &fresh); err != nil {
		r.fail(fmt.Errorf("JSON does not fit into %v", reflect.TypeFor[T]()))
		return
	}
	*v = fresh
}

// ReadArray copies exactly as many bytes as there is room for.
func ReadArray(r *Reader, room []byte) {
	encoded := r.String()
	r.CheckLength(len(encoded), len(room))
	if r.err == nil {
		copy(room, encoded)
	}
}

// CheckLength fails the reading of an array that has another number of elements.
func (r *Reader) CheckLength(got, want int) {
	if r.err == nil && got != want {
		r.fail(errLength)
	}
}
