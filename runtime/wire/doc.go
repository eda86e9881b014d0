// Package wire is for generated code only: it reads and writes the Protocol Buffers messages
// in which a session's fields are kept. Applications and stores have no use for it.
//
// It imports nothing of sessiongen's.
package wire
