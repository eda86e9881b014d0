package engine

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/scratch"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// privileges says whether a commit has to renew the secret, and whether because
// of the principal or a renew field.
func (s *Session) privileges() (renewing, moved bool) {
	moved = s.principalSet
	for _, field := range s.manager.privileged {
		if s.fields[field].state&changed != 0 && !s.encodesAsBase(field) {
			moved = true
		}
	}
	return moved || s.renew, moved
}

// encodesAsBase says whether a changed field is after all as it is in the base.
func (s *Session) encodesAsBase(field int) bool {
	span := s.span(field)
	if s.fields[field].state&present == 0 {
		return span == ""
	}
	return s.encodesTo(s.codec, field, span)
}

// encodesTo reports whether a field's value is want on the wire.
func (s *Session) encodesTo(codec Codec, field int, want string) bool {
	buffer := scratch.Pool.Get().(*[]byte)
	encoded, err := appendOf(codec, (*buffer)[:0], field)
	same := err == nil && string(encoded) == want
	if err == nil && cap(encoded) <= scratch.MaxSize {
		*buffer = encoded[:0]
	}
	scratch.Pool.Put(buffer)
	return same
}

// encode makes the record that the next attempt writes.
func (s *Session) encode(h *record.Header, rev runtime.Rev) (runtime.Record, error) {
	if s.spansStale {
		_ = s.locate()
	}
	h.Flashes = s.flashMarks(rev)
	size := h.Size()
	for _, e := range s.base.unknown {
		size += int(e.End - e.Start)
	}
	for i := range s.fields {
		n, err := s.fieldSize(i)
		if err != nil {
			return runtime.Record{}, s.unencodable(i, err)
		}
		size += n
	}
	b := h.Append(make([]byte, 0, size))
	unknown := s.base.unknown
	for place, field := range s.manager.order {
		number := s.manager.numbers[place]
		for len(unknown) > 0 && unknown[0].Number < number {
			b = append(b, s.base.data[unknown[0].Start:unknown[0].End]...)
			unknown = unknown[1:]
		}
		encoded, err := s.appendField(b, field)
		if err != nil {
			return runtime.Record{}, s.unencodable(field, err)
		}
		b = encoded
	}
	for _, e := range unknown {
		b = append(b, s.base.data[e.Start:e.End]...)
	}
	if len(b) != size {
		return runtime.Record{}, fmt.Errorf("%w: %w", runtime.ErrEncoding, wire.ErrEncodeChanged)
	}
	return runtime.Record{Rev: rev, Terms: s.terms(), Data: unsafe.String(unsafe.SliceData(b), len(b))}, nil
}

// unencodable is the error of a field that cannot be written. What a type says of that may
// quote the value.
func (s *Session) unencodable(field int, err error) error {
	f := s.manager.schema.Fields[field]
	if f.Traits&Secret != 0 {
		err = fmt.Errorf("%w: %s", runtime.ErrEncoding, untold)
	}
	return fmt.Errorf("field %s: %w", f.Key, err)
}

func (s *Session) fieldSize(field int) (int, error) {
	f := &s.fields[field]
	switch {
	case f.state&changed == 0:
		return int(f.end - f.start), nil
	case f.state&present == 0:
		return 0, nil
	default:
		return sizeOf(s.codec, field)
	}
}

func (s *Session) appendField(b []byte, field int) ([]byte, error) {
	f := &s.fields[field]
	switch {
	case f.state&changed == 0:
		return append(b, s.base.data[f.start:f.end]...), nil
	case f.state&present == 0:
		return b, nil
	default:
		encoded, err := appendOf(s.codec, b, field)
		if err == nil && len(encoded)-len(b) > wire.LeastMessage*wire.MaxMessages {
			err = s.checkReadable(field, string(encoded[len(b):]))
		}
		return encoded, err
	}
}

// checkReadable refuses to write what would count as absent when it is read.
func (s *Session) checkReadable(field int, span string) error {
	fresh := s.manager.schema.New()
	fresh.codec.Reset(field)
	fresh.reader.Reset(span)
	fresh.codec.Consume(field, &fresh.reader)
	if err := fresh.reader.Err(); err != nil {
		return fmt.Errorf("%w: it could not be read again: %w", runtime.ErrEncoding, err)
	}
	return nil
}

// terms are what the record is found by: the principal and index fields that are
// set to something.
func (s *Session) terms() []runtime.Term {
	moved := s.left
	for _, field := range s.manager.indexed {
		moved = moved || s.fields[field].state&changed != 0
	}
	if !moved {
		return s.base.terms
	}
	var terms []runtime.Term
	if !s.left {
		terms = s.foreignTerms()
	}
	for _, field := range s.manager.indexed {
		value := ""
		if s.fields[field].state&changed != 0 {
			value = s.wireOfStorage(field)
		} else {
			value = s.wireOfBase(field)
		}
		if value != "" {
			terms = append(terms, record.NewTerm(s.manager.schema.Fields[field].Key, value))
		}
	}
	return terms
}

// foreignTerms are those that other programs find the session by: what is left of
// the base's without our own.
func (s *Session) foreignTerms() []runtime.Term {
	foreign := slices.Clone(s.base.terms)
	for _, field := range s.manager.indexed {
		if value := s.wireOfBase(field); value != "" {
			ours := record.NewTerm(s.manager.schema.Fields[field].Key, value)
			foreign = slices.DeleteFunc(foreign, func(t runtime.Term) bool { return t == ours })
		}
	}
	return foreign
}

// flashMarks are the header's marks: a new one for each flash that this request
// has set, none for those that it has cleared.
func (s *Session) flashMarks(rev runtime.Rev) string {
	if len(s.manager.flashes) == 0 && !s.left {
		return s.base.head().Flashes
	}
	any := s.left
	for _, field := range s.manager.flashes {
		any = any || s.fields[field].state&changed != 0
	}
	if !any {
		return s.base.head().Flashes
	}
	var marks []byte
	if !s.left {
		head := s.base.head()
		head.EachFlash(func(number int32, entry, _ string) {
			field := s.manager.fieldWithNumber(number)
			if field < 0 || s.fields[field].state&changed == 0 {
				marks = append(marks, entry...)
			}
		})
	}
	for _, field := range s.manager.flashes {
		if f := &s.fields[field]; f.state&changed != 0 && f.state&present != 0 {
			marks = record.AppendFlashMark(marks, s.manager.schema.Fields[field].Number, rev)
		}
	}
	return string(marks)
}

func (m *Manager) fieldWithNumber(number int32) int {
	return slices.IndexFunc(m.schema.Fields, func(f Field) bool { return f.Number == number })
}

func sizeOf(codec Codec, field int) (size int, err error) {
	defer wire.RecoverEncoding(&err)
	return codec.Size(field), nil
}

func appendOf(codec Codec, b []byte, field int) (encoded []byte, err error) {
	defer wire.RecoverEncoding(&err)
	return codec.Append(b, field), nil
}
