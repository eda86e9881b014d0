// Package types is for tests: it keeps the types that programs keep in sessions, from the standard
// library and from popular modules, and shows that each value comes back equal, or that the
// generator refuses the type with a remedy that works.
package types

//go:generate go run github.com/sessiongen/sessiongen/cmd/sessiongen
