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
	Session, Principal runtime.Rev   // the revisions of the records that can revoke the cookie; zero if there was no record
	All                runtime.Rev   // likewise, of the record that revokes every cookie
	Issued             time.Time     // kept by the sealer
	Expires            time.Time     // the absolute deadline; kept by the sealer
	Idle               time.Duration // from Issued to the idle deadline, in whole milliseconds
	Data               string        // a record's data, without key and history
}

// The first byte of a frame, which tells which revisions follow. A frame is this byte, the ID,
// the revisions, the idle timeout in milliseconds as a varint, and the data.
const (
	hasSession = 1 << iota
	hasPrincipal
	hasAll
	knownFlags = hasSession | hasPrincipal | hasAll
)

// Append appends the frame to b, without the times that the sealer keeps.
func (f *Frame) Append(b []byte) []byte {
	flags := byte(0)
	if f.Session != (runtime.Rev{}) {
		flags |= hasSession
	}
	if f.Principal != (runtime.Rev{}) {
		flags |= hasPrincipal
	}
	if f.All != (runtime.Rev{}) {
		flags |= hasAll
	}
	b = append(append(b, flags), f.ID[:]...)
	if flags&hasSession != 0 {
		b = append(b, f.Session[:]...)
	}
	if flags&hasPrincipal != 0 {
		b = append(b, f.Principal[:]...)
	}
	if flags&hasAll != 0 {
		b = append(b, f.All[:]...)
	}
	b = binary.AppendUvarint(b, uint64(f.Idle.Milliseconds()))
	return append(b, f.Data...)
}

// ErrFrame is the error for sealed data that is not a frame.
var ErrFrame = errors.New("sealed session is malformed")

// ParseFrame reads what [Frame.Append] wrote. The frame shares memory with s.Data, which must
// not be changed afterwards. The only error is [ErrFrame].
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
	}{{hasSession, &f.Session}, {hasPrincipal, &f.Principal}, {hasAll, &f.All}} {
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

// SealedUse returns the use that the sealed sessions of a schema are sealed for. Its arguments
// are those of [OpenSealed].
func SealedUse(application, schema, cookie string) keyring.Use {
	return keyring.Use{Application: application, Purpose: "session " + schema, Cookie: cookie}
}

// OpenSealed opens a cookie's value that holds a sealed session. application is its name as
// WithApplication sets it, schema the name of the struct, and cookie the name of the session
// cookie. OpenSealed checks neither the deadlines nor the revocations. The error is
// [keyring.ErrRefused] for a value that was not sealed for this use, [ErrFrame] for one that
// holds no session, and otherwise the sealer's own.
func OpenSealed(sealer runtime.Sealer, application, schema, cookie, value string) (Frame, error) {
	sealed, err := sealer.Open(SealedUse(application, schema, cookie), value)
	if err != nil {
		return Frame{}, err
	}
	return ParseFrame(sealed)
}
