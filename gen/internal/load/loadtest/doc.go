// Package loadtest is for the tests of the generator's packages: it makes a source of text.
// It imports load and model.
package loadtest
