package wire

import (
	"crypto/sha256"
	"encoding/binary"
)

// Field numbers that no key is given: 0, the runtime's own 1–15, and those that
// Protocol Buffers reserves.
const (
	LastOwnNumber       = 15
	firstReservedNumber = 19000
	lastReservedNumber  = 19999
)

// FieldNumber is the Protocol Buffers field number of a key. The SHA-256 of the
// key is taken four bytes at a time, big-endian; the number is the first 18 bits
// of the first of them that gives an allowed one. There is no counter to keep,
// and two branches that add fields cannot give one number two meanings. Two
// keys of one schema with the same number are refused when generating.
func FieldNumber(key string) int32 {
	digest := sha256.Sum256([]byte(key))
	for {
		for rest := digest[:]; len(rest) > 0; rest = rest[4:] {
			number := int32(binary.BigEndian.Uint32(rest) >> (32 - 18))
			reserved := number >= firstReservedNumber && number <= lastReservedNumber
			if number > LastOwnNumber && !reserved {
				return number
			}
		}
		digest = sha256.Sum256(digest[:])
	}
}
