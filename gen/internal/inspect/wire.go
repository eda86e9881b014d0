package inspect

import (
	"encoding/binary"
	"errors"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// wireEntry is one entry of a Protocol Buffers message.
type wireEntry struct {
	number int32
	wire   byte
	value  uint64 // of numbers
	bytes  []byte // of everything that has a length
	size   int    // with the tag
}

// The wire types that records have.
const (
	varintWire  = byte(model.Varint)
	fixed64Wire = byte(model.Fixed64)
	bytesWire   = byte(model.Len)
	fixed32Wire = byte(model.Fixed32)
)

var (
	errCutOff  = errors.New("it is cut off")
	errNoEntry = errors.New("it is not a Protocol Buffers message")
)

// wireEntries takes a message apart.
func wireEntries(message []byte) (all []wireEntry, err error) {
	for len(message) > 0 {
		rest := message
		tag, n := uvarint(rest)
		if n == 0 {
			return nil, errCutOff
		}
		rest = rest[n:]
		if tag < 1<<3 || tag >= 1<<32 {
			return nil, errNoEntry
		}
		e := wireEntry{number: int32(tag >> 3), wire: byte(tag & 7)}
		switch e.wire {
		case varintWire, bytesWire:
			if e.value, n = uvarint(rest); n == 0 {
				return nil, errCutOff
			}
			rest = rest[n:]
		case fixed64Wire:
			if len(rest) < 8 {
				return nil, errCutOff
			}
			e.value, rest = binary.LittleEndian.Uint64(rest), rest[8:]
		case fixed32Wire:
			if len(rest) < 4 {
				return nil, errCutOff
			}
			e.value, rest = uint64(binary.LittleEndian.Uint32(rest)), rest[4:]
		default:
			return nil, errNoEntry
		}
		if e.wire == bytesWire {
			if e.value > uint64(len(rest)) {
				return nil, errCutOff
			}
			e.bytes, rest = rest[:e.value], rest[e.value:]
		}
		e.size = len(message) - len(rest)
		all, message = append(all, e), rest
	}
	return all, nil
}

// uvarint is binary.Uvarint, with a length of 0 for all that is none.
func uvarint(b []byte) (uint64, int) {
	v, n := binary.Uvarint(b)
	return v, max(n, 0)
}

// last is the entry that counts where there is room for one.
func last(entries []wireEntry) (wireEntry, bool) {
	if len(entries) == 0 {
		return wireEntry{}, false
	}
	return entries[len(entries)-1], true
}
