// Package rules is for the engine's developers: it has tests alone, of the rules of the commit
// protocol where they meet. Requests interleave, stores fail at every call, clocks differ,
// releases of a program share sessions, and each rule in turn is taken out to see that a test
// notices. It may import all of runtime.
package rules
