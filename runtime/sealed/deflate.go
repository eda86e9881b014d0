package sealed

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// WithDeflate compresses sessions of more than threshold bytes, so that more fits
// into a cookie. Ciphers hide what is in a cookie, not how long it is, and the
// length of what was compressed tells whether its parts repeat each other. An attacker
// who can put text of his own into a session and see the length of its cookies, as
// anybody on the network can, learns bit by bit what else is in it: the attack is known
// as CRIME, and as BREACH. So use it only where no field that a request can set stands
// beside one that is a secret from the attacker.
//
// Sessions that were compressed are opened without this option as well, so that
// servers can be changed one by one.
func WithDeflate(threshold int) Option {
	return func(s *Store) error {
		if threshold <= 0 {
			return errors.New("sealed: WithDeflate needs a threshold above zero, in bytes")
		}
		s.deflate = threshold
		return nil
	}
}

// The first byte of what is sealed. After deflated, the length follows that the rest
// has when it is inflated.
const (
	plain    = 0
	deflated = 1
)

// maxInflated bounds what a cookie may hold, in bytes: what opens it with the right
// key may still have been made to be large.
const maxInflated = 12 << 10

var (
	scratch   = sync.Pool{New: func() any { return new([]byte) }}
	deflaters = sync.Pool{New: func() any {
		w, _ := flate.NewWriter(nil, flate.BestCompression) // fails for unknown levels only
		return w
	}}
	inflaters = sync.Pool{New: func() any { return &inflater{reader: flate.NewReader(bytes.NewReader(nil))} }}
)

type inflater struct {
	source bytes.Reader
	reader io.ReadCloser
}

// appender is a writer into a slice.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// pack appends data, compressed if that was asked for and makes it shorter.
func (s *Store) pack(b, data []byte) []byte {
	if s.deflate > 0 && len(data) > s.deflate && len(data) <= maxInflated {
		out := appender{binary.AppendUvarint(append(b, deflated), uint64(len(data)))}
		w := deflaters.Get().(*flate.Writer)
		defer deflaters.Put(w)
		w.Reset(&out)
		_, err := w.Write(data)
		if err == nil && w.Close() == nil && len(out.b) < len(b)+1+len(data) {
			return out.b
		}
	}
	return append(append(b, plain), data...)
}

// unpack is the reverse. It takes ownership of packed.
func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, keyring.ErrRefused
	}
	kind, data := packed[0], packed[1:]
	switch kind {
	case plain:
		return data, nil
	case deflated:
		return inflate(data)
	}
	return nil, keyring.ErrRefused
}

// inflate reads the length that packed says, and nothing may follow.
func inflate(packed []byte) ([]byte, error) {
	size, n := binary.Uvarint(packed)
	if n <= 0 || size > maxInflated {
		return nil, keyring.ErrRefused
	}
	i := inflaters.Get().(*inflater)
	defer inflaters.Put(i)
	i.source.Reset(packed[n:])
	if err := i.reader.(flate.Resetter).Reset(&i.source, nil); err != nil {
		return nil, keyring.ErrRefused
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(i.reader, data); err != nil {
		return nil, keyring.ErrRefused
	}
	if more, err := i.reader.Read(make([]byte, 1)); more > 0 || err != io.EOF || i.source.Len() > 0 {
		return nil, keyring.ErrRefused
	}
	return data, nil
}
