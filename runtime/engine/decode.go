package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// readRecord sets b from a record that was requested at the given time. Unless fields is nil,
// it locates the entries of each field there. It returns the header of the record.
func (m *Manager) readRecord(b *base, rec runtime.Record, at time.Time, fields []FieldState) (h record.Header, err error) {
	if err := m.walk(b, &h, rec.Data, fields); err != nil {
		return h, err
	}
	if len(h.Label) != record.LabelLength || len(h.Key) != record.KeyLength {
		return h, errNoKey
	}
	b.rev, b.terms, b.idle, b.life = rec.Rev, rec.Terms, rec.Idle, rec.Life
	b.loaded = at
	return h, nil
}

// errNoKey is the error of a record that this package has not written.
var errNoKey = errors.New("record has no label or no key")

// walk reads the header of a record into h, unless h is nil. Unless fields is nil, it locates
// the entries of each field there, and records the entries of unknown fields in b. The data of
// b is in order afterwards, even if another writer has mixed the fields.
func (m *Manager) walk(b *base, h *record.Header, data string, fields []FieldState) error {
	err := m.walkInOrder(b, h, data, fields)
	if err == record.ErrOrder {
		if data, err = record.Regroup(data); err == nil {
			err = m.walkInOrder(b, h, data, fields)
		}
	}
	return err
}

func (m *Manager) walkInOrder(b *base, h *record.Header, data string, fields []FieldState) error {
	*b = base{data: data}
	if h != nil {
		*h = record.Header{}
	}
	for i := range fields {
		fields[i].start, fields[i].end = 0, 0
	}
	var r wire.Reader
	r.Reset(data)
	cursor, gap, last := 0, 0, int32(0)
	for r.More() {
		number := r.Pass()
		if number == 0 {
			return r.Err()
		}
		if number < last {
			return record.ErrOrder
		}
		last = number
		if record.IsOwn(number) {
			if h != nil {
				// Pass has skipped the value, and Read needs it.
				r.Again()
				h.Read(&r)
			}
			continue
		}
		if fields == nil {
			continue
		}
		for cursor < len(m.numbers) && m.numbers[cursor] < number {
			cursor++
		}
		from, to := r.Span()
		start, end := uint32(from), uint32(to)
		if cursor == len(m.numbers) || m.numbers[cursor] != number {
			if n := len(b.unknown); n > 0 && b.unknown[n-1].End == start && cursor == gap {
				b.unknown[n-1].End = end // no known field is written between them
			} else {
				b.unknown = append(b.unknown, record.Entry{Number: number, Start: start, End: end})
			}
			gap = cursor
			continue
		}
		f := &fields[m.order[cursor]]
		if f.end != start || f.end == 0 {
			f.start = start
		}
		f.end = end
	}
	return r.Err()
}

// locate finds the entries of the fields in base.data.
func (s *Session) locate() error {
	s.spansStale = false
	var located base
	data := s.base.data
	if s.left {
		data = ""
	}
	err := s.manager.walk(&located, nil, data, s.fields)
	s.base.unknown = located.unknown
	if !s.left {
		s.base.data = located.data
	}
	return err
}

// span returns the entries of the field in base.data.
func (s *Session) span(field int) string {
	if s.spansStale {
		// The error is impossible: loaded data was walked before, and written data is in order.
		_ = s.locate()
	}
	f := &s.fields[field]
	return s.base.data[f.start:f.end]
}

// decode fills the storage of a field from the base, once.
func (s *Session) decode(field int) {
	f := &s.fields[field]
	if f.state&decoded != 0 {
		return
	}
	f.state = f.state&^present | decoded
	switch found, err := s.read(field); {
	case err != nil:
		s.codec.Reset(field)
		f.state |= unreadable
		s.note(runtime.Event{Kind: runtime.EventFieldReset, Field: s.manager.schema.Fields[field].Key, Err: err})
		return
	case found:
		f.state |= present
	}
	if f.state&edited != 0 {
		s.more.editOf(field).apply(s, field)
		f.state |= present
	}
	if f.state&present != 0 {
		s.setPresence(field)
	}
}

// read reads a field from the base into its storage, which has the default if none is found.
func (s *Session) read(field int) (found bool, err error) {
	s.codec.Reset(field)
	span := s.span(field)
	if span == "" || field == s.manager.principal && s.wireOfBase(field) == "" {
		return false, nil // an absent principal may have been written as zero
	}
	s.reader.Reset(span)
	s.codec.Consume(field, &s.reader)
	return true, s.reader.Err()
}

// checkPrivileges returns an error if the principal or a renew field cannot be read. It runs before
// anything is decoded, and leaves it so.
func (s *Session) checkPrivileges() error {
	for _, field := range s.manager.entitling {
		if s.span(field) == "" {
			continue
		}
		if _, err := s.read(field); err != nil {
			return fmt.Errorf("the field %s, on which privileges depend, cannot be read: %w", s.manager.schema.Fields[field].Key, err)
		}
	}
	return nil
}

// setPresence makes an empty collection absent.
func (s *Session) setPresence(field int) {
	if s.manager.schema.Fields[field].Traits&Collection == 0 {
		return
	}
	f := &s.fields[field]
	if s.codec.Holds(field) {
		f.state |= present
	} else {
		f.state &^= present
	}
}

// wireOfBase returns the value of a field on the wire, without its tag, as it is in the base.
// It is "" if the value is absent or zero; a zero principal is no principal.
func (s *Session) wireOfBase(field int) string {
	if field < 0 {
		return ""
	}
	return wireValue(s.span(field), s.manager.schema.Fields[field].Number)
}

// wireOfStorage is wireOfBase for the value in the storage.
func (s *Session) wireOfStorage(field int) string {
	if s.fields[field].state&present == 0 {
		return ""
	}
	encoded, err := appendOf(s.codec, nil, field)
	if err != nil {
		return "" // the commit fails with the same error
	}
	return wireValue(string(encoded), s.manager.schema.Fields[field].Number)
}

// wireValue returns what follows the tag of a field, or "" if the value is zero. Bytes that are
// all zero count as zero, whatever their length: so does an ID of zero bytes.
func wireValue(span string, number int32) string {
	if span == "" {
		return ""
	}
	value := span[wire.SizeTag(number):]
	contents := value
	if wire.Type(span[0]&7) == wire.TypeBytes {
		for contents[0] >= 0x80 {
			contents = contents[1:]
		}
		contents = contents[1:]
	}
	for i := range len(contents) {
		if contents[i] != 0 {
			return value
		}
	}
	return ""
}
