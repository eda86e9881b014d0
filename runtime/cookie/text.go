package cookie

import (
	"encoding"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Text converts the values of a cookie field to text and back, before they are escaped or
// protected. Both functions return an error for a value that the type does not have. Parse
// accepts exactly what Format returns, since a cookie is untrusted input.
type Text[T any] struct {
	Format func(T) (string, error)
	Parse  func(string) (T, error)
}

var (
	errNotCanonical = errors.New("value is not written as this cookie's type is")
	errNotReadBack  = errors.New("the type does not read back what it has written")
	errNotAccepted  = errors.New("value is not accepted by this cookie's type")
	errUndeclared   = errors.New("value is not one of the type's declared constants")
)

// IsFinal reports whether the error of [Unescape] or of a [Text] is that of a value which no
// version of a program reads. Another version may declare other constants, and have another
// UnmarshalText, but a number stays a number.
func IsFinal(err error) bool {
	return errors.Is(err, errNotCanonical) || errors.Is(err, errEscape) || errors.Is(err, errOctets)
}

// parsed returns value if Format makes text of it again. So each value has one spelling:
// no plus sign, no leading zeros, no "T" for true.
func parsed[T any](text string, value T, err error, format func(T) (string, error)) (T, error) {
	var zero T
	if err != nil {
		return zero, errNotCanonical
	}
	if canonical, err := format(value); err != nil || canonical != text {
		return zero, errNotCanonical
	}
	return value, nil
}

// StringText is the text of strings. It accepts every string.
func StringText[T ~string]() Text[T] {
	return Text[T]{
		Format: func(v T) (string, error) { return string(v), nil },
		Parse:  func(text string) (T, error) { return T(text), nil },
	}
}

// BoolText is the text of bools: true or false.
func BoolText[T ~bool]() Text[T] {
	format := func(v T) (string, error) { return strconv.FormatBool(bool(v)), nil }
	return Text[T]{Format: format, Parse: func(text string) (T, error) {
		v, err := strconv.ParseBool(text)
		return parsed(text, T(v), err, format)
	}}
}

// IntText is the text of signed integers, in decimal. It refuses what T cannot hold.
func IntText[T wire.SignedInteger]() Text[T] {
	format := func(v T) (string, error) { return strconv.FormatInt(int64(v), 10), nil }
	return Text[T]{Format: format, Parse: func(text string) (T, error) {
		v, err := strconv.ParseInt(text, 10, 64)
		return parsed(text, T(v), err, format)
	}}
}

// UintText is the text of unsigned integers, in decimal. It refuses what T cannot hold.
func UintText[T wire.UnsignedInteger]() Text[T] {
	format := func(v T) (string, error) { return strconv.FormatUint(uint64(v), 10), nil }
	return Text[T]{Format: format, Parse: func(text string) (T, error) {
		v, err := strconv.ParseUint(text, 10, 64)
		return parsed(text, T(v), err, format)
	}}
}

// formatFloat spells a number as JavaScript does, so that the scripts of a page agree on the
// one spelling.
func formatFloat(v float64, size int) string {
	if abs := math.Abs(v); abs == 0 || abs >= 1e-6 && abs < 1e21 {
		return strconv.FormatFloat(v, 'f', -1, size)
	}
	text := strconv.FormatFloat(v, 'e', -1, size)
	return strings.Replace(text, "e-0", "e-", 1)
}

// FloatText is the text of finite numbers, in the shortest form that reads back the same, as
// JavaScript spells it. NaN and infinities are refused.
func FloatText[T ~float32 | ~float64]() Text[T] {
	size := 64
	if one := T(1); one+one/(1<<30) == one {
		size = 32 // the sum is rounded: T has 24 bits
	}
	format := func(v T) (string, error) {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return "", errors.New("value is not a finite number")
		}
		return formatFloat(float64(v), size), nil
	}
	return Text[T]{Format: format, Parse: func(text string) (T, error) {
		v, err := strconv.ParseFloat(text, size)
		return parsed(text, T(v), err, format)
	}}
}

// TimeText is the text of times: RFC 3339 in UTC, with nanoseconds if there are any. Years
// beyond 9999 have none.
func TimeText() Text[time.Time] {
	format := func(v time.Time) (string, error) {
		v = v.UTC()
		if v.Year() < 0 || v.Year() > 9999 {
			return "", errors.New("year is not in 0–9999")
		}
		return v.Format(time.RFC3339Nano), nil
	}
	return Text[time.Time]{Format: format, Parse: func(text string) (time.Time, error) {
		v, err := time.Parse(time.RFC3339Nano, text)
		return parsed(text, v.UTC(), err, format)
	}}
}

// DurationText is the text of durations, as [time.Duration.String] writes them: 1h30m0s.
func DurationText() Text[time.Duration] {
	format := func(v time.Duration) (string, error) { return v.String(), nil }
	return Text[time.Duration]{Format: format, Parse: func(text string) (time.Duration, error) {
		v, err := time.ParseDuration(text)
		return parsed(text, v, err, format)
	}}
}

// MarshalerText is the text of types that have MarshalText and UnmarshalText. It refuses to
// format what the type would not read back.
func MarshalerText[T any, P interface {
	*T
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}]() Text[T] {
	format := func(v T) (string, error) {
		text, err := P(&v).MarshalText()
		return string(text), err
	}
	parse := func(text string) (T, error) {
		var v T
		err := P(&v).UnmarshalText([]byte(text))
		if v, err = parsed(text, v, err, format); err != nil {
			err = errNotAccepted
		}
		return v, err
	}
	return readBack(Text[T]{Format: format, Parse: parse})
}

// WireText is the text of all other types, which only signed and encrypted cookies may have:
// the bytes of a Protocol Buffers message with the value as its field 1. appendTo writes such a
// message, and consume reads its field. Format refuses what consume would not read. Parse
// accepts other spellings too, since a protected value comes from this program or another
// version of it.
func WireText[T any](appendTo func([]byte, *T) []byte, consume func(*wire.Reader, *T)) Text[T] {
	return readBack(Text[T]{
		Format: func(v T) (text string, err error) {
			defer wire.RecoverEncoding(&err)
			return string(appendTo(nil, &v)), nil
		},
		Parse: func(text string) (T, error) {
			var v, zero T
			r := wire.NewReader(string(wire.AppendString(nil, 1, text)))
			if r.Next() {
				consume(r, &v)
			}
			if r.Err() != nil {
				return zero, r.Err()
			}
			return v, nil
		},
	})
}

// readBack is text that refuses to format a value whose text it could not parse again.
func readBack[T any](text Text[T]) Text[T] {
	return Text[T]{
		Format: func(v T) (string, error) {
			formatted, err := text.Format(v)
			if err == nil {
				if _, err = text.Parse(formatted); err != nil {
					return "", errNotReadBack
				}
			}
			return formatted, err
		},
		Parse: text.Parse,
	}
}

// Converted is the text of a type that is declared over another, such as a type over
// time.Time: from and to convert between T and the type that text is for.
func Converted[T, U any](text Text[U], from func(T) U, to func(U) T) Text[T] {
	return Text[T]{
		Format: func(v T) (string, error) { return text.Format(from(v)) },
		Parse: func(s string) (T, error) {
			v, err := text.Parse(s)
			return to(v), err
		},
	}
}

// OneOf is text for the declared constants of T alone. It refuses every other value, when
// formatting and when parsing.
func OneOf[T comparable](text Text[T], declared ...T) Text[T] {
	check := func(v T, err error) (T, error) {
		if err != nil {
			return v, err
		}
		for _, allowed := range declared {
			if v == allowed {
				return v, nil
			}
		}
		var zero T
		return zero, errUndeclared
	}
	return Text[T]{
		Format: func(v T) (string, error) {
			if _, err := check(v, nil); err != nil {
				return "", err
			}
			return text.Format(v)
		},
		Parse: func(s string) (T, error) { return check(text.Parse(s)) },
	}
}
