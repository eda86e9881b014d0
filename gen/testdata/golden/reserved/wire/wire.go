// Package wire is called as one that generated files import.
package wire

// Wire has a name like its package.
type Wire struct{ Reader bool }
