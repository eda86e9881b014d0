// Package size is called like a result.
package size

// Size is called like its package.
type Size struct{ Size int }
