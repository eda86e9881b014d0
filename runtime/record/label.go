package record

import (
	"crypto/sha256"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/scratch"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// LabelLength is the number of bytes in a label's digest.
const LabelLength = 16

// Label tells apart the sessions of schemas and applications that share a store. It is made of
// what distinguishes their cookies: the application's name, the base name of the session cookie,
// the channel that the cookie is sent over, and its path. Two programs that mean to share
// sessions have one label.
//
// A key hashes the whole label in, so that a token opens nothing under another one. A term hashes
// in only the application and the base name, so that revoking by a field reaches the sessions of
// all channels and paths.
type Label struct {
	Digest [LabelLength]byte // of the whole label; each record begins with it, see [Label.Prefix]
	terms  [LabelLength]byte // of the application and the base name
}

// secureChannel is the channel of a cookie that browsers send over HTTPS alone.
const secureChannel = "secure"

// NewLabel returns the label of the sessions of an application, as WithApplication names it,
// whose session cookie has the name and the path in c.
func NewLabel(application string, c *cookie.Options) (l Label) {
	base, path := cookie.BaseName(c.Name), c.Path
	if path == "/" {
		path = ""
	}
	whole := sha256.Sum256(keyring.Label("sessiongen label", application, base, secureChannel, path))
	terms := sha256.Sum256(keyring.Label("sessiongen terms", application, base))
	copy(l.Digest[:], whole[:])
	copy(l.terms[:], terms[:])
	return l
}

// Key returns the key of a session with a secret: the SHA-256 of the label's digest and the
// secret, which fit into one block of the hash.
func (l *Label) Key(secret [32]byte) [KeyLength]byte {
	var text [LabelLength + len(secret)]byte
	copy(text[copy(text[:], l.Digest[:]):], secret[:])
	return sha256.Sum256(text[:])
}

// Term returns the term by which a store lists the sessions with a field's value: the SHA-256 of
// the label's part for terms, the field's key, a zero byte, and the value in the wire form,
// without a tag.
func (l *Label) Term(key, wire string) runtime.Term {
	buffer := scratch.Pool.Get().(*[]byte)
	defer scratch.Pool.Put(buffer)
	*buffer = append((*buffer)[:0], l.terms[:]...)
	*buffer = append(append(append(*buffer, key...), 0), wire...)
	return sha256.Sum256(*buffer)
}

// Prefix returns the bytes that the data of every record of the label begins with, and no other
// record: the entry of OwnLabel, which has the lowest number. It has 18 bytes.
func (l *Label) Prefix() string {
	return string(wire.AppendString(nil, OwnLabel, string(l.Digest[:])))
}
