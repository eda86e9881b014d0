package record

import (
	"encoding/binary"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// What the record of a revocation says of the cookies of a sealed session, or of a principal.
// It is followed by how long the record was to live when it was written, in milliseconds: what
// is left tells its age by the store's clock.
const (
	RevocationMoved    = 'm' // cookies with another revision are not good any more
	RevocationFinished = 'f' // the session has ended
)

// Revocation is the data of such a record.
func Revocation(kind byte, life time.Duration) string {
	return string(binary.AppendUvarint([]byte{kind}, uint64(life.Milliseconds())))
}

// ParseRevocation reads what [Revocation] wrote. Unreadable revocations count as the end of the
// session, a moment ago (fail closed).
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

// longestLife is longer than any session that is not malformed.
const longestLife = 100 * 365 * 24 * time.Hour
