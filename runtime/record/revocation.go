package record

import (
	"encoding/binary"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// The kinds of records that revoke the cookies of a sealed session, or of a principal.
const (
	RevocationMoved    = 'm' // revokes cookies that remember another revision than the record's
	RevocationFinished = 'f' // the session has ended
)

// Revocation returns the data of a record of a kind that is written with life, the time until
// it expires. It is the kind's byte, and life in milliseconds as a varint, so that the life
// that is left tells the record's age by the store's clock.
func Revocation(kind byte, life time.Duration) string {
	return string(binary.AppendUvarint([]byte{kind}, uint64(life.Milliseconds())))
}

// ParseRevocation returns the kind of a record that [Revocation] wrote, and the time since it
// was written. Unreadable revocations count as the end of the session, just now (fail closed).
func ParseRevocation(rec runtime.Record) (kind byte, age time.Duration) {
	if rec.Data == "" {
		return RevocationFinished, 0
	}
	var r wire.Reader
	r.Reset(rec.Data[1:])
	life := r.Varint()
	if r.Err() != nil || life > uint64(longestLife/time.Millisecond) {
		return RevocationFinished, 0
	}
	if kind = rec.Data[0]; kind != RevocationMoved {
		kind = RevocationFinished
	}
	return kind, time.Duration(life)*time.Millisecond - rec.Life
}

// longestLife is longer than any session lives, so that a longer time is malformed.
const longestLife = 100 * 365 * 24 * time.Hour
