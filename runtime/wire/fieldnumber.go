package wire

import (
	"crypto/sha256"
	"encoding/binary"
)

// LastOwnNumber is the last of the numbers that are kept for the runtime's own fields, which
// begin at 1. No key has one of them.
const LastOwnNumber = 15

// The field numbers that Protocol Buffers reserves for its implementations.
const (
	firstReservedNumber = 19000
	lastReservedNumber  = 19999
)

// FieldNumber returns the Protocol Buffers field number of a key, which is between 16 and
// 2¹⁸-1 and never changes. It takes the SHA-256 of the key four bytes at a time, big-endian:
// the number is the first 18 bits of the first four bytes for which it is allowed.
//
// So there is no counter to keep, and two branches that add fields cannot give one number two
// meanings. The generator refuses two keys of one schema that have the same number.
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
