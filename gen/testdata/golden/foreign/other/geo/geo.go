// Package geo is called as another one is.
package geo

// Point is a corner.
type Point struct{ X, Y int }
