// Package engine is called as one that generated files import.
package engine

// Engine has a name like its package.
type Engine struct{ Session string }

// Slot is kept in a cookie.
type Slot int
