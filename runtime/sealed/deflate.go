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

// WithDeflate compresses sessions of more than threshold bytes, so that more data fits into a
// cookie. A threshold of zero or less is an error.
//
// A cipher hides the content of a cookie, but not its length, and the length of compressed
// data tells whether parts of it are alike. An attacker who can put text into a session and
// observe the length of its cookies on the network can learn the rest of its content bit by
// bit. The attacks are known as CRIME and BREACH. Use WithDeflate only in schemas in which no
// field that a request can set stands beside a field that is secret from the attacker.
//
// Servers without this option also open compressed sessions, so that servers can be changed
// one by one.
func WithDeflate(threshold int) Option {
	return func(s *Store) error {
		if threshold <= 0 {
			return errors.New("sealed: invalid threshold for WithDeflate: give a number of bytes above zero")
		}
		s.deflate = threshold
		return nil
	}
}

// The first byte of the plain text of a sealed session. After deflated, the length of the
// inflated data follows.
const (
	plain    = 0
	deflated = 1
)

// maxInflated limits the inflated size of a session, in bytes: also a cookie that opens with
// the right key may be made to inflate to a large size.
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

// pack appends data to b, compressed if WithDeflate asks for it and it becomes shorter.
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

// unpack is the reverse of pack. It takes ownership of packed.
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

// inflate returns the inflated data, which must have exactly the length at the start of
// packed.
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
