package record

import (
	"crypto/sha256"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/scratch"
)

// NewTerm returns the term by which a store lists the sessions with a field's value: the
// SHA-256 of the field's key, a zero byte, and the value in the wire form, without a tag.
func NewTerm(key, wire string) runtime.Term {
	buffer := scratch.Pool.Get().(*[]byte)
	defer scratch.Pool.Put(buffer)
	*buffer = append(append(append((*buffer)[:0], key...), 0), wire...)
	return sha256.Sum256(*buffer)
}
