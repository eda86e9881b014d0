package cookie

import (
	"errors"
	"strings"
)

var (
	errEscape = errors.New("percent-encoding is broken")
	errOctets = errors.New("value has control characters")
)

// Escape percent-encodes the bytes that a cookie's value cannot contain, and the others that
// JavaScript's encodeURIComponent encodes, so that a script reads the value with
// decodeURIComponent. Text without such bytes is returned as it is, without an allocation.
func Escape(text string) string {
	extra := 0
	for i := range len(text) {
		if !unreserved(text[i]) {
			extra += 2
		}
	}
	if extra == 0 {
		return text
	}
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(text)+extra)
	for i := range len(text) {
		if c := text[i]; unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}

func unreserved(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-_.!~*'()", c) >= 0
}

// Unescape decodes what [Escape] encoded. It also accepts the values of other programs, which
// may encode more bytes than necessary, and returns an error for control characters and
// malformed encodings. A value in double quotes is what is between them: net/http quotes a value
// with a space or comma and encodes nothing, and Escape leaves no quote in a value.
func Unescape(value string) (string, error) {
	quoted := len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"'
	if quoted {
		value = value[1 : len(value)-1]
	}
	plain := true
	for i := range len(value) {
		switch c := value[i]; {
		case c == '%':
			plain = false
		case c < ' ' || c == 0x7f:
			return "", errOctets
		}
	}
	if plain || quoted {
		return value, nil
	}
	b := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		if value[i] != '%' {
			b = append(b, value[i])
			continue
		}
		if i+2 >= len(value) {
			return "", errEscape
		}
		high, low := unhex(value[i+1]), unhex(value[i+2])
		if high > 15 || low > 15 {
			return "", errEscape
		}
		b = append(b, high<<4|low)
		i += 2
	}
	return string(b), nil
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
