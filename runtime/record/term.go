package record

import (
	"crypto/sha256"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/scratch"
)

// NewTerm is SHA-256 of a field's key, a zero byte, and its value on the wire.
func NewTerm(key, wire string) runtime.Term {
	buffer := scratch.Pool.Get().(*[]byte)
	defer scratch.Pool.Put(buffer)
	*buffer = append(append(append((*buffer)[:0], key...), 0), wire...)
	return sha256.Sum256(*buffer)
}
