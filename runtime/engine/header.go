package engine

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// historyLength is how many revisions a record remembers, so that a writer can
// tell whether a write with an unclear answer was applied.
const historyLength = 8

// renewalGrace is how long a secret that was replaced still says "renewed"
// rather than "unknown": requests that were under way when it was replaced, and
// those that a browser sent before it got the new one.
const renewalGrace = 60 * time.Second

const keyLength = sha256.Size

// mostReplaced is how many replaced keys a record remembers.
const mostReplaced = 4

// header is the runtime's part of a record.
type header struct {
	key, previousKey   string
	renewed            uint64
	epoch              uint64
	history            string
	created            uint64
	authenticated      uint64
	written            uint64
	remember           bool
	userAgent, address string
	flashes            string // all entries of ownFlash
	client             string // clientLength bytes, or none
}

// knows says whether rev is the record's revision or one of the last before it.
func (h *header) knows(current, rev runtime.Rev) bool {
	if current == rev {
		return true
	}
	for rest := h.history; len(rest) >= len(rev); rest = rest[len(rev):] {
		if rest[:len(rev)] == string(rev[:]) {
			return true
		}
	}
	return false
}

// justRenewed says whether the secret was replaced a moment ago, by what is left of the
// session's life.
func (h *header) justRenewed(life time.Duration) bool {
	return h.previousKey != "" && time.Duration(h.renewed)*time.Millisecond-life < renewalGrace
}

// replaced says whether a key is one of those that were replaced.
func (h *header) replaced(key [keyLength]byte) bool {
	found := 0
	for rest := h.previousKey; len(rest) >= keyLength; rest = rest[keyLength:] {
		found |= subtle.ConstantTimeCompare(key[:], []byte(rest[:keyLength]))
	}
	return found == 1
}

var (
	errOrder = errors.New("fields are not in the order of their numbers")
)

// entry is one tag and value in a message, or several that are kept together.
type entry struct {
	number     int32
	start, end uint32
}

// entries walks over a message without looking into its values.
type entries struct{ reader wire.Reader }

func (e *entries) next() (entry, bool) {
	if !e.reader.Next() {
		return entry{}, false
	}
	e.reader.Skip()
	if e.reader.Err() != nil {
		return entry{}, false
	}
	start, end := e.reader.Span()
	return entry{number: e.reader.Number(), start: uint32(start), end: uint32(end)}, true
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

// regroup orders the entries of a message by number, so that those of one field
// stand together. Protocol Buffers lets a writer mix them.
func regroup(data string) (string, error) {
	count, err := countEntries(data)
	if err != nil {
		return "", err
	}
	all := make([]entry, 0, count)
	walk := entries{}
	walk.reader.Reset(data)
	for {
		e, more := walk.next()
		if !more {
			break
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(a.number, b.number) })
	var grouped strings.Builder
	grouped.Grow(len(data))
	for _, e := range all {
		grouped.WriteString(data[e.start:e.end])
	}
	return grouped.String(), nil
}

// readOwn reads the header of a record that is known to be our own work, with the entries
// in order: of one that was just encoded, or that was sealed.
func readOwn(data string) (h header, err error) {
	var r wire.Reader
	r.Reset(data)
	for r.Next() && isOwn(r.Number()) {
		h.read(&r)
	}
	return h, r.Err()
}

// read reads the own field at which r is.
func (h *header) read(r *wire.Reader) {
	switch r.Number() {
	case ownKey:
		h.key = r.String()
	case ownPreviousKey:
		h.previousKey = r.String()
	case ownRenewed:
		h.renewed = wire.ReadUint[uint64](r)
	case ownEpoch:
		h.epoch = wire.ReadUint[uint64](r)
	case ownHistory:
		h.history = r.String()
	case ownCreated:
		h.created = wire.ReadUint[uint64](r)
	case ownAuthenticated:
		h.authenticated = wire.ReadUint[uint64](r)
	case ownRemember:
		h.remember = r.Bool()
	case ownUserAgent:
		h.userAgent = r.String()
	case ownAddress:
		h.address = r.String()
	case ownWritten:
		h.written = wire.ReadUint[uint64](r)
	case ownFlash:
		start, _ := r.Span()
		r.Skip()
		h.flashes = r.Since(start - len(h.flashes))
	case ownClient:
		h.client = r.String()
	}
}

// isOwn says whether the header is written anew with the record; numbers that a
// later runtime uses are kept as unknown fields are.
func isOwn(number int32) bool { return number <= ownLast }

func (h *header) size() int {
	size := 0
	if h.key != "" {
		size += wire.SizeString(ownKey, h.key)
	}
	if h.previousKey != "" {
		size += wire.SizeString(ownPreviousKey, h.previousKey) + wire.SizeUint(ownRenewed, h.renewed)
	}
	if h.epoch != 0 {
		size += wire.SizeUint(ownEpoch, h.epoch)
	}
	if h.history != "" {
		size += wire.SizeString(ownHistory, h.history)
	}
	size += wire.SizeUint(ownCreated, h.created)
	if h.authenticated != 0 {
		size += wire.SizeUint(ownAuthenticated, h.authenticated)
	}
	if h.remember {
		size += wire.SizeBool(ownRemember, true)
	}
	if h.userAgent != "" {
		size += wire.SizeString(ownUserAgent, h.userAgent)
	}
	if h.address != "" {
		size += wire.SizeString(ownAddress, h.address)
	}
	if h.written != 0 {
		size += wire.SizeUint(ownWritten, h.written)
	}
	if h.client != "" {
		size += wire.SizeString(ownClient, h.client)
	}
	return size + len(h.flashes)
}

func (h *header) append(b []byte) []byte {
	if h.key != "" {
		b = wire.AppendString(b, ownKey, h.key)
	}
	if h.previousKey != "" {
		b = wire.AppendString(b, ownPreviousKey, h.previousKey)
		b = wire.AppendUint(b, ownRenewed, h.renewed)
	}
	if h.epoch != 0 {
		b = wire.AppendUint(b, ownEpoch, h.epoch)
	}
	if h.history != "" {
		b = wire.AppendString(b, ownHistory, h.history)
	}
	b = wire.AppendUint(b, ownCreated, h.created)
	if h.authenticated != 0 {
		b = wire.AppendUint(b, ownAuthenticated, h.authenticated)
	}
	if h.remember {
		b = wire.AppendBool(b, ownRemember, true)
	}
	if h.userAgent != "" {
		b = wire.AppendString(b, ownUserAgent, h.userAgent)
	}
	if h.address != "" {
		b = wire.AppendString(b, ownAddress, h.address)
	}
	if h.written != 0 {
		b = wire.AppendUint(b, ownWritten, h.written)
	}
	b = append(b, h.flashes...)
	if h.client != "" {
		b = wire.AppendString(b, ownClient, h.client)
	}
	return b
}

// A flash's mark is the revision that set it: it tells a flash that was taken
// from one that was set again with the same words.
func appendFlashMark(b []byte, number int32, mark runtime.Rev) []byte {
	b = wire.AppendMessage(b, ownFlash, wire.SizeVarint(uint64(number))+len(mark))
	return append(wire.AppendVarint(b, uint64(number)), mark[:]...)
}

// flashMark is the mark of a flash field, "" if it has none.
func (h *header) flashMark(number int32) string {
	mark := ""
	h.eachFlash(func(n int32, entry, m string) {
		if n == number {
			mark = m
		}
	})
	return mark
}

func (h *header) eachFlash(yield func(number int32, entry, mark string)) {
	var r wire.Reader
	r.Reset(h.flashes)
	for r.Next() {
		value := r.String()
		var head wire.Reader
		head.Reset(value)
		number := head.Varint()
		if start, end := r.Span(); head.Err() == nil && number < 1<<29 {
			yield(int32(number), h.flashes[start:end], head.Rest())
		}
	}
}
