// Package scratch is for the engine and its neighbours. It provides buffers for encodings that
// are only compared or hashed.
//
// It imports nothing of sessiongen's.
package scratch
