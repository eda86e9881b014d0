// Package parse is for the generator's face: it reads the tags and types of a source that
// load has found, and makes a model of them. It imports load and model and, of
// the runtime's, cookie and wire.
//
// [Package] collects every error, each at its place in the tag, with the rule that is
// broken and the remedy. The model that it returns is checked: the packages that make
// something of it need not ask again.
package parse
