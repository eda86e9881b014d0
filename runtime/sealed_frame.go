package runtime

import (
	"encoding/binary"
	"errors"
	"time"
	"unsafe"
)

// seal is what a session knows of the cookie that it is in, besides what a record
// has.
type seal struct {
	session, principal Rev       // the revisions that the cookie remembers; zero: no record was there
	expires            time.Time // the absolute deadline
	holder             string    // whose revision principal is; not in the cookie, which says it
}

// What precedes the fields in a cookie: a byte of these, the ID, the revisions that
// there are, and the idle timeout in milliseconds as a varint.
const (
	hasSession = 1 << iota
	hasPrincipal
	knownFlags = hasSession | hasPrincipal
)

// appendSealed is the reverse of parseSealed; issued and the absolute deadline are for the sealer.
func appendSealed(b []byte, o *candidate) []byte {
	flags := byte(0)
	if o.seal.session != (Rev{}) {
		flags |= hasSession
	}
	if o.seal.principal != (Rev{}) {
		flags |= hasPrincipal
	}
	b = append(append(b, flags), o.token.id[:]...)
	if flags&hasSession != 0 {
		b = append(b, o.seal.session[:]...)
	}
	if flags&hasPrincipal != 0 {
		b = append(b, o.seal.principal[:]...)
	}
	b = binary.AppendUvarint(b, uint64(o.idle.Milliseconds()))
	return append(b, o.data...)
}

var errSealed = errors.New("sealed session is malformed")

// SealedSession is what the cookie of a sealed session says, for tools that show it.
type SealedSession struct {
	ID      ID
	Issued  time.Time
	Idle    time.Duration // after Issued, until the idle deadline
	Expires time.Time     // the absolute deadline
	Record  []byte        // as a store would keep it, without a key and revisions
}

// OpenSealed reads the value of the cookie in which a sealed session is kept: by an
// application, as WithApplication names it, for a schema, under the name of its session
// cookie. Whether the session has expired or was revoked is not asked. The error is
// [ErrRefused] for everything that was not sealed so.
func OpenSealed(sealer Sealer, application, schema, cookie, value string) (SealedSession, error) {
	sealed, err := sealer.Open(Use{Application: application, Purpose: sealedPurpose + schema, Cookie: cookie}, value)
	if err != nil {
		return SealedSession{}, err
	}
	o, err := parseSealed(sealed)
	if err != nil {
		return SealedSession{}, err
	}
	return SealedSession{ID: o.token.id, Issued: o.issued, Idle: o.idle, Expires: o.seal.expires, Record: []byte(o.data)}, nil
}

// sealedPurpose, and the schema's name behind it, are what such a cookie is for.
const sealedPurpose = "session "

func parseSealed(s Sealed) (o candidate, err error) {
	o.issued, o.seal.expires = s.Issued, s.Expires
	b := s.Data
	if len(b) < 1+len(o.token.id) || b[0] > knownFlags {
		return o, errSealed
	}
	flags := b[0]
	b = b[1+copy(o.token.id[:], b[1:]):]
	for _, part := range [...]struct {
		flag byte
		rev  *Rev
	}{{hasSession, &o.seal.session}, {hasPrincipal, &o.seal.principal}} {
		if flags&part.flag == 0 {
			continue
		}
		if len(b) < len(part.rev) {
			return o, errSealed
		}
		b = b[copy(part.rev[:], b):]
	}
	idle, b, ok := cutVarint(b)
	if !ok || idle > uint64(longestLife/time.Millisecond) {
		return o, errSealed
	}
	o.idle = time.Duration(idle) * time.Millisecond
	o.data = unsafe.String(unsafe.SliceData(b), len(b))
	return o, nil
}
