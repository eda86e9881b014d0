package record

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// ErrOrder is the error for a message whose entries are not in the order of their numbers.
// [Regroup] puts them in order.
var ErrOrder = errors.New("fields are not in the order of their numbers")

// Entry is the place of a field in a message: of one tag and value, or of several that follow
// each other.
type Entry struct {
	Number     int32  // the field's
	Start, End uint32 // offsets in the message, in bytes
}

// entries walks over a message without decoding its values.
type entries struct{ reader wire.Reader }

func (e *entries) next() (Entry, bool) {
	if !e.reader.Next() {
		return Entry{}, false
	}
	e.reader.Skip()
	if e.reader.Err() != nil {
		return Entry{}, false
	}
	start, end := e.reader.Span()
	return Entry{Number: e.reader.Number(), Start: uint32(start), End: uint32(end)}, true
}

func countEntries(data string) (count int, err error) {
	walk := entries{}
	walk.reader.Reset(data)
	for {
		if _, more := walk.next(); !more {
			return count, walk.reader.Err()
		}
		count++
	}
}

// Regroup sorts the entries of a message by number, so that those of one field follow each
// other, in their order: Protocol Buffers lets a writer mix them. A malformed message is an
// error.
func Regroup(data string) (string, error) {
	count, err := countEntries(data)
	if err != nil {
		return "", err
	}
	all := make([]Entry, 0, count)
	walk := entries{}
	walk.reader.Reset(data)
	for {
		e, more := walk.next()
		if !more {
			break
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return cmp.Compare(a.Number, b.Number) })
	var grouped strings.Builder
	grouped.Grow(len(data))
	for _, e := range all {
		grouped.WriteString(data[e.Start:e.End])
	}
	return grouped.String(), nil
}
