// Package shape is called otherwise than its directory.
package shape

// Shape is a form.
type Shape string
