// Package deadline is for the engine: it has the context of a store call, which costs nothing until something waits for it.
//
// It imports nothing of sessiongen's.
package deadline
