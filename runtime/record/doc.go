// Package record is for the engine and the generator's tools: it knows the bytes that a store
// keeps of a session. That is the table of the runtime's own fields, the header that they make,
// the entries of the others, the frame of a sealed session, and the record of a revocation.
//
// Of sessiongen's packages it imports runtime, cookie, keyring, wire and internal/scratch.
package record
