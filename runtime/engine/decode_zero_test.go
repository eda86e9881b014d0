package engine

import (
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Nobody is signed in with a zero value: not with the number 0, not with an ID of
// 16 or 200 zero bytes, as an array or by MarshalBinary.
func TestZeroIsNobody(t *testing.T) {
	const number = 4711
	for _, zero := range [][]byte{
		nil,
		wire.AppendInt(nil, number, 0),
		wire.AppendFloat64(nil, number, 0),
		wire.AppendString(nil, number, ""),
		wire.AppendString(nil, number, make([]byte, 16)),
		wire.AppendString(nil, number, make([]byte, 200)),
	} {
		if value := wireValue(string(zero), number); value != "" {
			t.Errorf("%x is somebody: %x", zero, value)
		}
	}
	for _, somebody := range [][]byte{
		wire.AppendInt(nil, number, -1),
		wire.AppendFloat64(nil, number, 1e300),
		wire.AppendString(nil, number, "\x00a"),
		wire.AppendString(nil, number, strings.Repeat("\x00", 199)+"\x01"),
	} {
		if value := wireValue(string(somebody), number); value == "" || !strings.HasSuffix(string(somebody), value) {
			t.Errorf("%x is %x", somebody, value)
		}
	}
}
