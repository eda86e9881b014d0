package record

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// HistoryLength is how many revisions a record remembers, so that a writer can
// tell whether a write with an unclear answer was applied.
const HistoryLength = 8

// RenewalGrace is how long a secret that was replaced still says "renewed"
// rather than "unknown": requests that were under way when it was replaced, and
// those that a browser sent before it got the new one.
const RenewalGrace = 60 * time.Second

// KeyLength is the number of bytes of a key: SHA-256 of a secret.
const KeyLength = sha256.Size

// MostReplaced is how many replaced keys a record remembers.
const MostReplaced = 4

// Header is the runtime's part of a record.
type Header struct {
	Key, PreviousKey   string
	Renewed            uint64
	Epoch              uint64
	History            string
	Created            uint64
	Authenticated      uint64
	Written            uint64
	Remember           bool
	UserAgent, Address string
	Flashes            string // all entries of OwnFlash
	Client             string // clientLength bytes, or none
}

// Knows says whether rev is the record's revision or one of the last before it.
func (h *Header) Knows(current, rev runtime.Rev) bool {
	if current == rev {
		return true
	}
	for rest := h.History; len(rest) >= len(rev); rest = rest[len(rev):] {
		if rest[:len(rev)] == string(rev[:]) {
			return true
		}
	}
	return false
}

// JustRenewed says whether the secret was replaced a moment ago, by what is left of the
// session's life.
func (h *Header) JustRenewed(life time.Duration) bool {
	return h.PreviousKey != "" && time.Duration(h.Renewed)*time.Millisecond-life < RenewalGrace
}

// Replaced says whether a key is one of those that were replaced.
func (h *Header) Replaced(key [KeyLength]byte) bool {
	found := 0
	for rest := h.PreviousKey; len(rest) >= KeyLength; rest = rest[KeyLength:] {
		found |= subtle.ConstantTimeCompare(key[:], []byte(rest[:KeyLength]))
	}
	return found == 1
}

// ReadHeader reads the header of a record that is known to be our own work, with the entries
// in order: of one that was just encoded, or that was sealed.
func ReadHeader(data string) (h Header, err error) {
	var r wire.Reader
	r.Reset(data)
	for r.Next() && IsOwn(r.Number()) {
		h.Read(&r)
	}
	return h, r.Err()
}

// Read reads the own field at which r is.
func (h *Header) Read(r *wire.Reader) {
	switch r.Number() {
	case OwnKey:
		h.Key = r.String()
	case OwnPreviousKey:
		h.PreviousKey = r.String()
	case OwnRenewed:
		h.Renewed = wire.ReadUint[uint64](r)
	case OwnEpoch:
		h.Epoch = wire.ReadUint[uint64](r)
	case OwnHistory:
		h.History = r.String()
	case OwnCreated:
		h.Created = wire.ReadUint[uint64](r)
	case OwnAuthenticated:
		h.Authenticated = wire.ReadUint[uint64](r)
	case OwnRemember:
		h.Remember = r.Bool()
	case OwnUserAgent:
		h.UserAgent = r.String()
	case OwnAddress:
		h.Address = r.String()
	case OwnWritten:
		h.Written = wire.ReadUint[uint64](r)
	case OwnFlash:
		start, _ := r.Span()
		r.Skip()
		h.Flashes = r.Since(start - len(h.Flashes))
	case OwnClient:
		h.Client = r.String()
	}
}

// IsOwn says whether the header is written anew with the record; numbers that a
// later runtime uses are kept as unknown fields are.
func IsOwn(number int32) bool { return number <= OwnLast }

// Size is the number of bytes that [Header.Append] adds.
func (h *Header) Size() int {
	size := 0
	if h.Key != "" {
		size += wire.SizeString(OwnKey, h.Key)
	}
	if h.PreviousKey != "" {
		size += wire.SizeString(OwnPreviousKey, h.PreviousKey) + wire.SizeUint(OwnRenewed, h.Renewed)
	}
	if h.Epoch != 0 {
		size += wire.SizeUint(OwnEpoch, h.Epoch)
	}
	if h.History != "" {
		size += wire.SizeString(OwnHistory, h.History)
	}
	size += wire.SizeUint(OwnCreated, h.Created)
	if h.Authenticated != 0 {
		size += wire.SizeUint(OwnAuthenticated, h.Authenticated)
	}
	if h.Remember {
		size += wire.SizeBool(OwnRemember, true)
	}
	if h.UserAgent != "" {
		size += wire.SizeString(OwnUserAgent, h.UserAgent)
	}
	if h.Address != "" {
		size += wire.SizeString(OwnAddress, h.Address)
	}
	if h.Written != 0 {
		size += wire.SizeUint(OwnWritten, h.Written)
	}
	if h.Client != "" {
		size += wire.SizeString(OwnClient, h.Client)
	}
	return size + len(h.Flashes)
}

// Append writes the header as the first entries of a record.
func (h *Header) Append(b []byte) []byte {
	if h.Key != "" {
		b = wire.AppendString(b, OwnKey, h.Key)
	}
	if h.PreviousKey != "" {
		b = wire.AppendString(b, OwnPreviousKey, h.PreviousKey)
		b = wire.AppendUint(b, OwnRenewed, h.Renewed)
	}
	if h.Epoch != 0 {
		b = wire.AppendUint(b, OwnEpoch, h.Epoch)
	}
	if h.History != "" {
		b = wire.AppendString(b, OwnHistory, h.History)
	}
	b = wire.AppendUint(b, OwnCreated, h.Created)
	if h.Authenticated != 0 {
		b = wire.AppendUint(b, OwnAuthenticated, h.Authenticated)
	}
	if h.Remember {
		b = wire.AppendBool(b, OwnRemember, true)
	}
	if h.UserAgent != "" {
		b = wire.AppendString(b, OwnUserAgent, h.UserAgent)
	}
	if h.Address != "" {
		b = wire.AppendString(b, OwnAddress, h.Address)
	}
	if h.Written != 0 {
		b = wire.AppendUint(b, OwnWritten, h.Written)
	}
	b = append(b, h.Flashes...)
	if h.Client != "" {
		b = wire.AppendString(b, OwnClient, h.Client)
	}
	return b
}

// A flash's mark is the revision that set it: it tells a flash that was taken
// from one that was set again with the same words.
func AppendFlashMark(b []byte, number int32, mark runtime.Rev) []byte {
	b = wire.AppendMessage(b, OwnFlash, wire.SizeVarint(uint64(number))+len(mark))
	return append(wire.AppendVarint(b, uint64(number)), mark[:]...)
}

// FlashMark is the mark of a flash field, "" if it has none.
func (h *Header) FlashMark(number int32) string {
	mark := ""
	h.EachFlash(func(n int32, entry, m string) {
		if n == number {
			mark = m
		}
	})
	return mark
}

// EachFlash calls yield with the number, the whole entry, and the mark of each flash field that is
// set.
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
