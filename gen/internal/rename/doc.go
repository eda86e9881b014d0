// Package rename is for the generator's face: it finds what has to change in a program when a
// field of a schema gets another name, and reports whether the program then means what it did
// before. It imports load, model and parse.
//
// [Load] reads the program, [Program.Find] finds the field in it, [Field.To] makes the edits, and
// [Change.Check] compares the program before and after, with code that was generated in between.
// Nothing is written here.
package rename
