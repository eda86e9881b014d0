package limit

import (
	"encoding/binary"
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

// MarshalWithDeadline writes a content behind the moment at which its session ends, as
// other packages' codecs are to keep it.
func MarshalWithDeadline(deadline time.Time, c *content.Content) []byte {
	b := make([]byte, 0, 8+size(c))
	b = binary.LittleEndian.AppendUint64(b, uint64(deadline.UnixNano()))
	return appendContent(b, c)
}

// UnmarshalWithDeadline reads what [MarshalWithDeadline] wrote.
func UnmarshalWithDeadline(data string, c *content.Content) (time.Time, error) {
	if len(data) < 8 {
		return time.Time{}, errMalformed
	}
	nanos := int64(0)
	for i := range 8 {
		nanos |= int64(data[i]) << (8 * i)
	}
	return time.Unix(0, nanos).UTC(), Unmarshal(data[8:], c)
}
