// Package r is called like a parameter.
package r

// R is called like its package.
type R struct{ R string }
