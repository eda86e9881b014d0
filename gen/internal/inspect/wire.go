package inspect

import (
	"encoding/binary"
	"errors"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

var errCutOff = errors.New("it is cut off")

// wireEntries takes a message apart.
func wireEntries(message string) (all []wire.Raw, err error) {
	r := wire.NewReader(message)
	for r.Next() {
		all = append(all, r.Raw())
	}
	return all, r.Err()
}

// uvarint is binary.Uvarint, with a length of 0 for all that is none.
func uvarint(b string) (uint64, int) {
	v, n := binary.Uvarint([]byte(b))
	return v, max(n, 0)
}

// last is the entry that counts where there is room for one.
func last(entries []wire.Raw) (wire.Raw, bool) {
	if len(entries) == 0 {
		return wire.Raw{}, false
	}
	return entries[len(entries)-1], true
}
