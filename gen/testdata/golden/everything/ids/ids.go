// Package ids has types that say themselves how they are written.
package ids

import (
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
)

// ID is as the usual packages for UUIDs have it.
type ID [16]byte

// MarshalText writes hexadecimal digits.
func (id ID) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, id[:]), nil }

// UnmarshalText reads them.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) != 32 {
		return errors.New("not 32 digits")
	}
	_, err := hex.Decode(id[:], text)
	return err
}

// MarshalBinary returns the bytes.
func (id ID) MarshalBinary() ([]byte, error) { return id[:], nil }

// UnmarshalBinary takes them.
func (id *ID) UnmarshalBinary(data []byte) error {
	if len(data) != len(id) {
		return errors.New("not 16 bytes")
	}
	copy(id[:], data)
	return nil
}

// Label is a text whose methods are all those of the pointer.
type Label struct{ Text string }

// MarshalText writes the text in brackets.
func (l *Label) MarshalText() ([]byte, error) { return []byte("[" + l.Text + "]"), nil }

// UnmarshalText reads it.
func (l *Label) UnmarshalText(text []byte) error {
	inner, opened := strings.CutPrefix(string(text), "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !opened || !closed {
		return errors.New("not in brackets")
	}
	l.Text = inner
	return nil
}

// Set is a map that writes itself as text, by value, and reads itself.
type Set map[string]struct{}

// MarshalText writes the members in order, with a semicolon behind each.
func (s Set) MarshalText() ([]byte, error) {
	var text []byte
	for _, member := range slices.Sorted(maps.Keys(s)) {
		text = append(append(text, member...), ';')
	}
	return text, nil
}

// UnmarshalText reads them.
func (s *Set) UnmarshalText(text []byte) error {
	*s = Set{}
	for rest := string(text); rest != ""; {
		member, behind, closed := strings.Cut(rest, ";")
		if !closed {
			return errors.New("no semicolon")
		}
		(*s)[member], rest = struct{}{}, behind
	}
	return nil
}
