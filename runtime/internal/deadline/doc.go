// Package deadline is for the engine. It provides the context of a call to a store, which costs
// nothing until a caller waits for it.
//
// It imports nothing of sessiongen's.
package deadline
