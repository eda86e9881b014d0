// Package cookie is for the generator and the engine alike: it has what both must know about a
// cookie. That is its options, the one set of rules for them, how its value is escaped, the
// Set-Cookie line, and the words in which it is described. Generated code uses it for the
// options and the text of cookie fields. Applications have no use for it.
//
// Of sessiongen's packages it imports wire alone.
package cookie
