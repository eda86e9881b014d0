package record

import (
	"encoding/binary"
	"errors"
	"time"
	"unsafe"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// Frame is a sealed session as its cookie carries it.
type Frame struct {
	ID                 runtime.ID
	Session, Principal runtime.Rev   // the revisions that the cookie remembers; zero: no record was there
	Issued             time.Time     // the sealer keeps it
	Expires            time.Time     // the absolute deadline; the sealer keeps it
	Idle               time.Duration // after Issued, until the idle deadline
	Data               string        // as a store would keep it, without a key and revisions
}

// What precedes the fields in a cookie: a byte of these, the ID, the revisions that
// there are, and the idle timeout in milliseconds as a varint.
const (
	hasSession = 1 << iota
	hasPrincipal
	knownFlags = hasSession | hasPrincipal
)

// Append writes what the sealer does not keep by itself.
func (f *Frame) Append(b []byte) []byte {
	flags := byte(0)
	if f.Session != (runtime.Rev{}) {
		flags |= hasSession
	}
	if f.Principal != (runtime.Rev{}) {
		flags |= hasPrincipal
	}
	b = append(append(b, flags), f.ID[:]...)
	if flags&hasSession != 0 {
		b = append(b, f.Session[:]...)
	}
	if flags&hasPrincipal != 0 {
		b = append(b, f.Principal[:]...)
	}
	b = binary.AppendUvarint(b, uint64(f.Idle.Milliseconds()))
	return append(b, f.Data...)
}

// ErrFrame says that what was sealed is no session.
var ErrFrame = errors.New("sealed session is malformed")

// ParseFrame reads what [Frame.Append] wrote. The frame shares memory with s.
func ParseFrame(s runtime.Sealed) (f Frame, err error) {
	f.Issued, f.Expires = s.Issued, s.Expires
	b := s.Data
	if len(b) < 1+len(f.ID) || b[0] > knownFlags {
		return f, ErrFrame
	}
	flags := b[0]
	b = b[1+copy(f.ID[:], b[1:]):]
	for _, part := range [...]struct {
		flag byte
		rev  *runtime.Rev
	}{{hasSession, &f.Session}, {hasPrincipal, &f.Principal}} {
		if flags&part.flag == 0 {
			continue
		}
		if len(b) < len(part.rev) {
			return f, ErrFrame
		}
		b = b[copy(part.rev[:], b):]
	}
	idle, b, ok := keyring.CutVarint(b)
	if !ok || idle > uint64(longestLife/time.Millisecond) {
		return f, ErrFrame
	}
	f.Idle = time.Duration(idle) * time.Millisecond
	f.Data = unsafe.String(unsafe.SliceData(b), len(b))
	return f, nil
}

// SealedUse is what the cookie of a schema's sealed sessions is sealed for.
func SealedUse(application, schema, cookie string) keyring.Use {
	return keyring.Use{Application: application, Purpose: "session " + schema, Cookie: cookie}
}

// OpenSealed reads the value of the cookie in which a sealed session is kept: by an
// application, as WithApplication names it, for a schema, under the name of its session
// cookie. Whether the session has expired or was revoked is not asked. The error is
// keyring.ErrRefused for everything that was not sealed so.
func OpenSealed(sealer runtime.Sealer, application, schema, cookie, value string) (Frame, error) {
	sealed, err := sealer.Open(SealedUse(application, schema, cookie), value)
	if err != nil {
		return Frame{}, err
	}
	return ParseFrame(sealed)
}
