// Package proto is for the generator's face: it describes the records of a model's
// sessions in the language of Protocol Buffers, for programs in other languages. It
// imports model and, of the runtime's, record and wire.
package proto
