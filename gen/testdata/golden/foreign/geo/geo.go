// Package geo has types that a schema of another package uses.
package geo

import "time"

// Point is a place.
type Point struct {
	Latitude, Longitude float64
	Height              Height
}

// Height is above the sea.
type Height int

// Heights that are known.
const (
	Sea    Height = 0
	summit Height = 8849
)

// Pair is of two of a kind.
type Pair[T any] struct{ Left, Right T }

// Track is a way.
type Track []Point

// Marks are places by their names.
type Marks map[string]Point

// Stop is when a way was left.
type Stop time.Time

// Place can be named; what it stands for cannot.
type Place = hidden

type hidden struct{ Name string }
