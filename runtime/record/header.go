package record

import (
	"crypto/sha256"
	"crypto/subtle"
	"math"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// HistoryLength is the number of earlier revisions that a record remembers. By them a writer
// finds out whether a write with an unclear answer was applied.
const HistoryLength = 8

// RenewalGrace is the time for which a replaced secret counts as renewed rather than unknown.
// It covers the requests that were in progress when the secret was replaced, and those that
// the browser sent before it received the new one.
const RenewalGrace = 60 * time.Second

// KeyLength is the number of bytes in a key, which is a SHA-256: see [Label.Key].
const KeyLength = sha256.Size

// MostReplaced is the largest number of replaced keys that a record remembers.
const MostReplaced = 4

// Header is the runtime's part of a record: the fields of [OwnFields], which has their
// meanings. The zero value of a field means that it is absent. Its strings share memory with
// the record that it was read from.
type Header struct {
	Label              string // LabelLength bytes
	Key                string // KeyLength bytes
	PreviousKey        string // those before, which follow Key in OwnKeys: up to MostReplaced times KeyLength bytes
	Renewed            uint64 // milliseconds; written together with PreviousKey
	Epoch              uint64
	History            string // up to HistoryLength revisions
	Created            uint64 // milliseconds since 1970, as Authenticated and Written
	Authenticated      uint64
	Written            uint64
	Remember           uint64 // milliseconds; 0 if the cookie ends with the browser
	UserAgent, Address string
	Flashes            string // all entries of OwnFlash, with their tags
	Client             string
	AuthenticatedLeft  uint64 // milliseconds, as Renewed; see [Since]
}

// Knows reports whether rev is current, the record's revision, or one of the revisions that
// the record remembers.
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

// JustRenewed reports whether the secret was replaced less than [RenewalGrace] ago. life is
// what is left of the session's life, see [Since].
func (h *Header) JustRenewed(life time.Duration) bool {
	return h.PreviousKey != "" && Since(h.Renewed, life) < RenewalGrace
}

// Since returns the time since a moment when a session had left milliseconds of its life left,
// where life is what is left now. Both are by the store's clock, which is the only one involved,
// so that the clocks of replicas may differ. A moment in the future is infinitely long ago: life
// was extended without [Header.MoveLife], or the store's clock was set back.
func Since(left uint64, life time.Duration) time.Duration {
	if left > uint64(longestLife/time.Millisecond) {
		return math.MaxInt64
	}
	age := time.Duration(left)*time.Millisecond - life
	if age < -latency {
		return math.MaxInt64
	}
	return max(0, age)
}

// latency bounds by how much a writer may underestimate what is left of the life when it writes,
// because it counts from before its last call to the store.
const latency = 10 * time.Second

// MoveLife keeps the times that [Since] tells right in an update that extends the session's life
// by some time, or shortens it if that is negative.
func (h *Header) MoveLife(by time.Duration) {
	for _, left := range [...]*uint64{&h.Renewed, &h.AuthenticatedLeft} {
		if *left != 0 {
			*left = uint64(max(0, int64(*left)+by.Milliseconds()))
		}
	}
}

// Replaced reports whether key is one of the replaced keys that the record remembers. The time
// that it takes does not depend on the key.
func (h *Header) Replaced(key [KeyLength]byte) bool {
	found := 0
	for rest := h.PreviousKey; len(rest) >= KeyLength; rest = rest[KeyLength:] {
		found |= subtle.ConstantTimeCompare(key[:], []byte(rest[:KeyLength]))
	}
	return found == 1
}

// ReadHeader reads the header of a record whose entries are known to be in the order of their
// numbers, such as one that was just encoded, or that was sealed. The error is that of
// [wire.Reader.Err]; the header then has the fields before it.
func ReadHeader(data string) (h Header, err error) {
	var r wire.Reader
	r.Reset(data)
	for r.Next() && IsOwn(r.Number()) {
		h.Read(&r)
	}
	return h, r.Err()
}

// Read reads the current entry of r, which must be one of the runtime's: see [IsOwn]. The
// entries of OwnFlash must follow each other: see [Regroup].
func (h *Header) Read(r *wire.Reader) {
	switch r.Number() {
	case OwnLabel:
		h.Label = r.String()
	case OwnKeys:
		keys := r.String()
		current := min(len(keys), KeyLength)
		h.Key, h.PreviousKey = keys[:current], keys[current:]
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
		h.Remember = wire.ReadUint[uint64](r)
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
	case OwnAuthenticatedLeft:
		h.AuthenticatedLeft = wire.ReadUint[uint64](r)
	}
}

// IsOwn reports whether number is that of a field in the header, which is written anew with
// each record. The runtime's other numbers, up to [wire.LastOwnNumber], are of a later version
// and kept as unknown fields are.
func IsOwn(number int32) bool { return number <= OwnLast }

// Append appends the header to b. Its entries are the first ones of a record.
func (h *Header) Append(b []byte) []byte {
	if h.Label != "" {
		b = wire.AppendString(b, OwnLabel, h.Label)
	}
	if h.Key != "" {
		b = wire.AppendMessage(b, OwnKeys, len(h.Key)+len(h.PreviousKey))
		b = append(append(b, h.Key...), h.PreviousKey...)
	}
	if h.PreviousKey != "" {
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
	if h.Remember != 0 {
		b = wire.AppendUint(b, OwnRemember, h.Remember)
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
	if h.AuthenticatedLeft != 0 {
		b = wire.AppendUint(b, OwnAuthenticatedLeft, h.AuthenticatedLeft)
	}
	return b
}
