package record

import (
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// AppendFlashMark appends the entry of OwnFlash that marks the flash field with a number as
// set. mark is the revision that set it, by which a flash that was taken differs from one that
// was set again to the same value.
func AppendFlashMark(b []byte, number int32, mark runtime.Rev) []byte {
	b = wire.AppendMessage(b, OwnFlash, wire.SizeVarint(uint64(number))+len(mark))
	return append(wire.AppendVarint(b, uint64(number)), mark[:]...)
}

// FlashMark returns the mark of a flash field, and "" if the field is not set. Of several
// marks the last one counts.
func (h *Header) FlashMark(number int32) string {
	mark := ""
	h.EachFlash(func(n int32, entry, m string) {
		if n == number {
			mark = m
		}
	})
	return mark
}

// EachFlash calls yield for each flash field that is set, with the field's number, the whole
// entry of OwnFlash, and the mark. The strings share memory with h.Flashes. Malformed entries
// are passed over.
func (h *Header) EachFlash(yield func(number int32, entry, mark string)) {
	var r wire.Reader
	r.Reset(h.Flashes)
	for r.Next() {
		value := r.String()
		var head wire.Reader
		head.Reset(value)
		number := head.Varint()
		if start, end := r.Span(); head.Err() == nil && number < 1<<29 {
			yield(int32(number), h.Flashes[start:end], head.Rest())
		}
	}
}
