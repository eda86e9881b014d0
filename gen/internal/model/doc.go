// Package model is for the other packages of the generator: it is what they hand to
// each other. It imports none of them, and of sessiongen's packages cookie and wire alone.
//
// A [Package] is plain data, checked, in the order in which it was declared, each part
// with its position: what parse makes of a user's source, and what emit, lock,
// inventory, inspect and proto make their output of. What several of these must agree
// about stands here as well: the table of kinds, the names of generated methods, how a
// generated file is recognised, and how durations and cookies are put into words.
package model
