package wire

import (
	"encoding"
	"encoding/gob"
	"errors"
	"fmt"
	"reflect"
)

// ErrEncoding is the error for a value that cannot be written, or that could not be read back
// afterwards: a method of its type returns an error, the value contains itself, or two keys of
// a map are written alike. Nothing is committed then.
var ErrEncoding = errors.New("sessiongen: value cannot be encoded")

var (
	errEncodeTooDeep    = errors.New("nested deeper than a record may be: does it contain itself?")
	errEncodesToNothing = errors.New("it returns nothing for a value that is not zero, so that the value would be read back as zero")
	errAnotherValue     = errors.New("what it returns is read back as another value")
	errSameKeys         = errors.New("two keys of the map are written alike, so that one of them would be lost")
	errNaNKey           = errors.New("the map has a key that is not a number (NaN), which no look-up finds again")
	errLength           = errors.New("another number of elements than the array has") // when reading
)

// encodeFailure is the panic of an Append function, for [RecoverEncoding]: generated code calls
// them within each other, and most of them cannot fail.
type encodeFailure struct{ err error }

func failEncoding(err error) { panic(encodeFailure{err}) }

// RecoverEncoding sets *err to an error that wraps [ErrEncoding] if an Append function has
// panicked with a value that cannot be written. Other panics go on. It must be deferred.
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

// What a type's own methods write is empty exactly if the value is zero, whatever the methods
// make of it: many types write a zero value that they do not read again.

// A BinaryMarshaler is a pointer to a T with the methods MarshalBinary and UnmarshalBinary.
type BinaryMarshaler[T any] interface {
	*T
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

// A TextMarshaler is a pointer to a T with the methods MarshalText and UnmarshalText.
type TextMarshaler[T any] interface {
	*T
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}

// A GobMarshaler is a pointer to a T with the methods GobEncode and GobDecode.
type GobMarshaler[T any] interface {
	*T
	gob.GobEncoder
	gob.GobDecoder
}

// AppendBinary appends what v.MarshalBinary returns, and nothing for a zero value. It panics for
// [RecoverEncoding] if that is an error, or if UnmarshalBinary makes another value of it.
func AppendBinary[T any, P BinaryMarshaler[T]](b []byte, number int32, v P) []byte {
	return appendMarshaled(b, number, v, "MarshalBinary", P.MarshalBinary, P.UnmarshalBinary)
}

// AppendText is [AppendBinary] for the methods MarshalText and UnmarshalText.
func AppendText[T any, P TextMarshaler[T]](b []byte, number int32, v P) []byte {
	return appendMarshaled(b, number, v, "MarshalText", P.MarshalText, P.UnmarshalText)
}

// AppendGob is [AppendBinary] for the methods GobEncode and GobDecode.
func AppendGob[T any, P GobMarshaler[T]](b []byte, number int32, v P) []byte {
	return appendMarshaled(b, number, v, "GobEncode", P.GobEncode, P.GobDecode)
}

func appendMarshaled[T any, P interface{ *T }](b []byte, number int32, v P, method string, marshal func(P) ([]byte, error), unmarshal func(P, []byte) error) []byte {
	if reflect.ValueOf(v).Elem().IsZero() {
		return AppendMessage(b, number, 0)
	}
	encoded, err := marshal(v)
	if err != nil {
		failEncoding(fmt.Errorf("%s of %v: %w", method, reflect.TypeFor[T](), err))
	}
	if len(encoded) == 0 {
		// An empty set, for example, is as good as none.
		if zero, err := marshal(new(T)); err != nil || len(zero) > 0 {
			failEncoding(fmt.Errorf("%s of %v: %w", method, reflect.TypeFor[T](), errEncodesToNothing))
		}
	}
	if same := comparison((*T)(v)); same != nil {
		got := new(T)
		if len(encoded) > 0 && unmarshal(got, encoded) != nil {
			return AppendString(b, number, encoded) // the engine reads it back, too, and says so
		}
		if !same(got) {
			failEncoding(fmt.Errorf("%s of %v: %w", method, reflect.TypeFor[T](), errAnotherValue))
		}
	}
	return AppendString(b, number, encoded)
}

// ReadBinary passes what [AppendBinary] wrote to UnmarshalBinary, whose error becomes that of r.
func ReadBinary[T any, P BinaryMarshaler[T]](r *Reader, v P) {
	readMarshaled(r, v, "UnmarshalBinary", P.UnmarshalBinary)
}

// ReadText passes what [AppendText] wrote to UnmarshalText, whose error becomes that of r.
func ReadText[T any, P TextMarshaler[T]](r *Reader, v P) {
	readMarshaled(r, v, "UnmarshalText", P.UnmarshalText)
}

// ReadGob passes what [AppendGob] wrote to GobDecode, whose error becomes that of r.
func ReadGob[T any, P GobMarshaler[T]](r *Reader, v P) {
	readMarshaled(r, v, "GobDecode", P.GobDecode)
}

func readMarshaled[T any, P interface{ *T }](r *Reader, v P, method string, unmarshal func(P, []byte) error) {
	encoded := r.Bytes()
	if r.err != nil {
		return
	}
	var zero T // a method may add to what is there
	*v = zero
	if len(encoded) == 0 {
		return
	}
	if err := unmarshal(v, encoded); err != nil {
		r.fail(fmt.Errorf("%s of %v refuses it", method, reflect.TypeFor[T]()))
	}
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
