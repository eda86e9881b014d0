// Package emit is for the generator's face: it makes the file of Go code that a model
// asks for. It imports model and, of the runtime's, cookie and wire.
//
// [File] writes a package's schemas one after the other, and then what they share. The
// functions are named after what they write, and show it in the comment above them.
package emit
