package limit

import (
	"errors"
	"math/bits"
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

// The numbers of the content's fields. All tags are one byte.
const (
	fieldUserID = iota + 1
	fieldUsername
	fieldLoggedIn
	fieldLastSeen
	fieldRoles
	fieldCart
	fieldTheme
)

const (
	lineSKU = iota + 1
	lineQty
	linePrice
)

const (
	timeSeconds = iota + 1
	timeNanos
)

// Wire types of Protocol Buffers.
const (
	varint = 0
	length = 2
)

// Marshal writes a content as a Protocol Buffers message, in one exact allocation.
func Marshal(c *content.Content) []byte { return appendContent(make([]byte, 0, size(c)), c) }

func size(c *content.Content) int {
	n := 0
	if c.UserID != 0 {
		n += 1 + sizeVarint(zigzag(c.UserID))
	}
	n += sizeText(c.Username)
	if c.LoggedIn {
		n += 2
	}
	if !c.LastSeen.IsZero() {
		n += 2 + sizeTime(c.LastSeen)
	}
	for _, role := range c.Roles {
		n += 1 + sizeVarint(uint64(len(role))) + len(role)
	}
	for i := range c.Cart {
		line := sizeLine(&c.Cart[i])
		n += 1 + sizeVarint(uint64(line)) + line
	}
	return n + sizeText(c.Theme)
}

func appendContent(b []byte, c *content.Content) []byte {
	if c.UserID != 0 {
		b = appendVarint(append(b, fieldUserID<<3|varint), zigzag(c.UserID))
	}
	b = appendText(b, fieldUsername, c.Username)
	if c.LoggedIn {
		b = append(b, fieldLoggedIn<<3|varint, 1)
	}
	if !c.LastSeen.IsZero() {
		b = append(b, fieldLastSeen<<3|length, byte(sizeTime(c.LastSeen)))
		b = appendVarint(append(b, timeSeconds<<3|varint), uint64(c.LastSeen.Unix()))
		b = appendVarint(append(b, timeNanos<<3|varint), uint64(c.LastSeen.Nanosecond()))
	}
	for _, role := range c.Roles {
		b = append(appendVarint(append(b, fieldRoles<<3|length), uint64(len(role))), role...)
	}
	for i := range c.Cart {
		b = appendVarint(append(b, fieldCart<<3|length), uint64(sizeLine(&c.Cart[i])))
		b = appendLine(b, &c.Cart[i])
	}
	return appendText(b, fieldTheme, c.Theme)
}

func sizeLine(l *content.Line) int {
	return sizeText(l.SKU) + 2 + sizeVarint(zigzag(int64(l.Qty))) + sizeVarint(zigzag(l.Price))
}

func appendLine(b []byte, l *content.Line) []byte {
	b = appendText(b, lineSKU, l.SKU)
	b = appendVarint(append(b, lineQty<<3|varint), zigzag(int64(l.Qty)))
	return appendVarint(append(b, linePrice<<3|varint), zigzag(l.Price))
}

func sizeTime(t time.Time) int {
	return 2 + sizeVarint(uint64(t.Unix())) + sizeVarint(uint64(t.Nanosecond()))
}

func sizeText(text string) int {
	if text == "" {
		return 0
	}
	return 1 + sizeVarint(uint64(len(text))) + len(text)
}

func appendText(b []byte, number byte, text string) []byte {
	if text == "" {
		return b
	}
	return append(appendVarint(append(b, number<<3|length), uint64(len(text))), text...)
}

func zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func sizeVarint(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

func appendVarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

var errMalformed = errors.New("limit: not a message")

// Unmarshal reads what [Marshal] wrote. Strings share memory with the data.
func Unmarshal(data string, c *content.Content) error {
	roles, lines, err := count(data)
	if err != nil {
		return err
	}
	*c = content.Content{Roles: make([]string, 0, roles), Cart: make([]content.Line, 0, lines)}
	for r := (reader{data: data}); r.next(); {
		switch r.number {
		case fieldUserID:
			c.UserID = unzigzag(r.value)
		case fieldUsername:
			c.Username = r.text
		case fieldLoggedIn:
			c.LoggedIn = r.value != 0
		case fieldLastSeen:
			c.LastSeen = moment(r.text)
		case fieldRoles:
			c.Roles = append(c.Roles, r.text)
		case fieldCart:
			c.Cart = append(c.Cart, content.Line{})
			if !line(r.text, &c.Cart[len(c.Cart)-1]) {
				return errMalformed
			}
		case fieldTheme:
			c.Theme = r.text
		}
	}
	return nil
}

// count lets slices be made once, and finds what is malformed.
func count(data string) (roles, lines int, err error) {
	r := reader{data: data}
	for r.next() {
		switch r.number {
		case fieldRoles:
			roles++
		case fieldCart:
			lines++
		}
	}
	if r.bad {
		err = errMalformed
	}
	return roles, lines, err
}

func line(data string, l *content.Line) bool {
	r := reader{data: data}
	for r.next() {
		switch r.number {
		case lineSKU:
			l.SKU = r.text
		case lineQty:
			l.Qty = int(unzigzag(r.value))
		case linePrice:
			l.Price = unzigzag(r.value)
		}
	}
	return !r.bad
}

func moment(data string) time.Time {
	var seconds, nanos int64
	for r := (reader{data: data}); r.next(); {
		switch r.number {
		case timeSeconds:
			seconds = int64(r.value)
		case timeNanos:
			nanos = int64(r.value)
		}
	}
	return time.Unix(seconds, nanos).UTC()
}

// reader walks over the entries of a message.
type reader struct {
	data   string
	pos    int
	number int
	value  uint64 // of a varint
	text   string // of bytes
	bad    bool
}

func (r *reader) next() bool {
	if r.pos >= len(r.data) || r.bad {
		return false
	}
	tag := r.varint()
	r.number, r.value = int(tag>>3), r.varint()
	if tag&7 == length {
		if r.bad || r.value > uint64(len(r.data)-r.pos) {
			r.bad = true
			return false
		}
		r.text = r.data[r.pos : r.pos+int(r.value)]
		r.pos += int(r.value)
	} else if tag&7 != varint {
		r.bad = true
	}
	return !r.bad
}

func (r *reader) varint() uint64 {
	if r.pos < len(r.data) && r.data[r.pos] < 0x80 {
		r.pos++
		return uint64(r.data[r.pos-1])
	}
	return r.longVarint()
}

func (r *reader) longVarint() (v uint64) {
	for shift := 0; shift < 64 && r.pos < len(r.data); shift += 7 {
		b := r.data[r.pos]
		r.pos++
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	r.bad = true
	return 0
}
