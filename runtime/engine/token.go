package engine

import (
	"crypto/rand"
	"encoding/base64"
	"unsafe"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// token is the value of the session cookie: an ID and a secret, both from crypto/rand (ASVS 5.0
// 7.2.3). It cannot be printed.
type token struct {
	id     runtime.ID
	secret [32]byte
}

// tokenLength is the length of a token in base64url. 48 bytes have no spare bits, so no two
// texts decode to the same token.
const tokenLength = 64

func parseToken(text string) (token, bool) {
	var t token
	if len(text) != tokenLength {
		return t, false
	}
	var encoded [tokenLength]byte
	var decoded [48]byte
	copy(encoded[:], text)
	n, err := base64.RawURLEncoding.Decode(decoded[:], encoded[:])
	if err != nil || n != len(decoded) {
		return t, false
	}
	copy(t.id[:], decoded[:16])
	copy(t.secret[:], decoded[16:])
	return t, true
}

// text returns the token as the cookie spells it.
func (t *token) text() (encoded [tokenLength]byte) {
	var decoded [48]byte
	copy(decoded[:16], t.id[:])
	copy(decoded[16:], t.secret[:])
	base64.RawURLEncoding.Encode(encoded[:], decoded[:])
	return encoded
}

// keyIn returns the key under a label, stored in room.
func (t *token) keyIn(room *[record.KeyLength]byte, label *record.Label) string {
	*room = label.Key(t.secret)
	return unsafe.String(&room[0], len(room))
}

// String keeps a token out of logs and error messages.
func (token) String() string { return "[token]" }

// GoString keeps a token out of %#v.
func (token) GoString() string { return "[token]" }

func newID() (id runtime.ID) {
	rand.Read(id[:])
	return id
}

func newSecret() (secret [32]byte) {
	rand.Read(secret[:])
	return secret
}

// draw makes a new token and the revision of its first record with one call of crypto/rand,
// which costs as much as the bytes. A sealed session needs only an ID.
func (t *token) draw(sealed bool) (rev runtime.Rev) {
	if sealed {
		*t = token{id: newID()}
		return rev
	}
	var drawn [len(t.id) + len(t.secret) + len(rev)]byte
	rand.Read(drawn[:])
	n := copy(t.id[:], drawn[:])
	n += copy(t.secret[:], drawn[n:])
	copy(rev[:], drawn[n:])
	return rev
}

func newRev() (rev runtime.Rev) {
	rand.Read(rev[:])
	return rev
}
