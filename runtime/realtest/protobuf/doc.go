// Package protobuf holds no code. In its tests, the official library of Protocol Buffers is
// the judge of the records that generated code writes and reads, and a compiler that of
// the .proto files which the generator prints.
package protobuf
