package wire

import "encoding/binary"

// Raw is an entry of a message as it is, whatever the type of its field.
type Raw struct {
	Number int32
	Type   Type
	Value  uint64 // of TypeVarint, TypeFixed64 and TypeFixed32
	Bytes  string // of TypeBytes; shares memory with the message
	Size   int    // of the entry with its tag, in bytes
}

// Raw reads the current entry. It is for tools that show records.
func (r *Reader) Raw() Raw {
	raw := Raw{Number: r.number, Type: r.wire}
	switch r.wire {
	case TypeVarint:
		raw.Value = r.Varint()
	case TypeFixed64:
		raw.Value = binary.LittleEndian.Uint64([]byte(r.fixed(8)))
	case TypeBytes:
		raw.Bytes = r.bytes()
	case TypeFixed32:
		raw.Value = uint64(binary.LittleEndian.Uint32([]byte(r.fixed(4))))
	default:
		r.fail(errMalformed)
	}
	raw.Size = r.pos - r.entry
	return raw
}

// Unpack reads the elements of a packed list, which have the wire type t and no tags. After an
// error, it returns the elements up to and with the malformed one.
func Unpack(t Type, packed string) (elements []Raw, err error) {
	r := NewReader(packed)
	for r.More() && r.err == nil {
		r.wire, r.entry = t, r.pos
		elements = append(elements, r.Raw())
	}
	return elements, r.err
}
