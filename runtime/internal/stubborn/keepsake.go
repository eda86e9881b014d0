// Package stubborn is for the runtime's tests: it is a schema of types whose methods do not read
// everything that they write.
package stubborn

import (
	"errors"
	"fmt"
	"strings"
)

//go:generate go run ../../../cmd/sessiongen

type keepsake struct {
	_ struct{} `session:"idle=30m,lifetime=12h"`

	Count    int               `session:"count"`
	Day      Date              `session:"day"`
	Days     []Date            `session:"days"`
	ByDay    map[Date]string   `session:"by_day"`
	DayOf    map[string]Date   `session:"day_of"`
	OneDay   *Date             `session:"one_day"`
	Trips    []Trip            `session:"trips"`
	Weights  map[float64]int   `session:"weights"`
	Places   map[Place]int     `session:"places"`
	Names    map[Name]int      `session:"names"`
	Forgot   Forgetful         `session:"forgot"`
	Password Forgetful         `session:"password,secret"`
	Tree     map[string]*Trip  `session:"tree"`
	Settings map[string]string `session:"settings,json"`

	Until Date      `cookie:"until"`
	Since Forgetful `cookie:"since"`
}

// Date is a date that does not read its zero value, as civil.Date does not.
type Date struct{ Year, Month, Day int }

// MarshalText returns the date as in ISO 8601.
func (d Date) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%04d-%02d-%02d", d.Year, d.Month, d.Day), nil
}

// UnmarshalText accepts dates that there are.
func (d *Date) UnmarshalText(text []byte) error {
	if _, err := fmt.Sscanf(string(text), "%d-%d-%d", &d.Year, &d.Month, &d.Day); err != nil {
		return err
	}
	if d.Month < 1 || d.Day < 1 {
		return errors.New("no such date")
	}
	return nil
}

// Trip is a struct with a value whose length differs each time that it is written.
type Trip struct {
	Note Stretching `session:"note"`
}

// Stretching is a text with spaces behind it.
type Stretching string

// Stretch returns the number of spaces behind the text when it is written.
var Stretch = func() int { return 0 }

// MarshalText returns the text with some spaces.
func (s Stretching) MarshalText() ([]byte, error) {
	return []byte(string(s) + strings.Repeat(" ", Stretch())), nil
}

// UnmarshalText reads the text without the spaces.
func (s *Stretching) UnmarshalText(text []byte) error {
	*s = Stretching(strings.TrimRight(string(text), " "))
	return nil
}

// Place is a key with numbers in it.
type Place struct {
	North float64 `session:"north"`
	East  float64 `session:"east"`
}

// Name is a key that is the same in capitals and in small letters, once it is written.
type Name string

// MarshalText returns the name in small letters.
func (n Name) MarshalText() ([]byte, error) { return []byte(strings.ToLower(string(n))), nil }

// UnmarshalText accepts every name.
func (n *Name) UnmarshalText(text []byte) error { *n = Name(text); return nil }

// Forgetful is a text that reads nothing.
type Forgetful string

// MarshalText returns the text.
func (f Forgetful) MarshalText() ([]byte, error) { return []byte(f), nil }

// UnmarshalText refuses, and quotes what it refuses.
func (f *Forgetful) UnmarshalText(text []byte) error { return fmt.Errorf("cannot read %q", text) }
