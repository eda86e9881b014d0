package engine

import (
	"fmt"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/scratch"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// privileges reports whether a commit has to renew the secret, and whether the principal or a
// renew field has changed.
func (s *Session) privileges() (renewing, moved bool) {
	moved = s.principalSet
	for _, field := range s.manager.privileged {
		if s.fields[field].state&changed != 0 && !s.encodesAsBase(field) {
			moved = true
		}
	}
	return moved || s.renew, moved
}

// encodesAsBase reports whether a changed field has the same value as the base.
func (s *Session) encodesAsBase(field int) bool {
	span := s.span(field)
	switch state := s.fields[field].state; {
	case state&edited != 0:
		encoded, err := s.appendEdited(nil, field)
		return err == nil && string(encoded) == span
	case state&present == 0:
		return span == ""
	}
	return s.encodesTo(s.codec, field, span)
}

// encodesTo reports whether the encoding of a field is want.
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

// encode builds the record that the next attempt writes.
func (s *Session) encode(h *record.Header, rev runtime.Rev) (runtime.Record, error) {
	if s.spansStale {
		_ = s.locate()
	}
	if marks, changed := s.flashMarks(rev); changed {
		h.Flashes = marks
	}
	buffer := scratch.Pool.Get().(*[]byte)
	defer scratch.Pool.Put(buffer)
	b := h.Append((*buffer)[:0])
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
	if cap(b) <= scratch.MaxSize {
		*buffer = b[:0]
	}
	if err := s.checkSize(len(b)); err != nil {
		return runtime.Record{}, err
	}
	return runtime.Record{Rev: rev, Terms: s.terms(), Data: string(b)}, nil
}

// unencodable wraps the error of a field that cannot be written. The error of a type may quote
// the value, so that of a secret field is withheld.
func (s *Session) unencodable(field int, err error) error {
	f := s.manager.schema.Fields[field]
	if f.Traits&Secret != 0 {
		err = fmt.Errorf("%w: %s", runtime.ErrEncoding, untold)
	}
	return fmt.Errorf("field %s: %w", f.Key, err)
}

func (s *Session) appendField(b []byte, field int) ([]byte, error) {
	f := &s.fields[field]
	var encoded []byte
	var err error
	check := false
	switch {
	case f.state&changed == 0:
		return append(b, s.base.data[f.start:f.end]...), nil
	case f.state&edited != 0:
		encoded, err = s.appendEdited(b, field) // the edit has checked what is new
	case f.state&present == 0:
		return b, nil
	default:
		encoded, err = appendOf(s.codec, b, field)
		check = s.manager.schema.Fields[field].Traits&Marshaled != 0
	}
	if err == nil && (check || len(encoded)-len(b) > wire.LeastMessage*wire.MaxMessages) {
		err = s.checkReadable(field, string(encoded[len(b):]))
	}
	return encoded, err
}

// checkReadable refuses a value that would count as absent when it is read back. Other values
// than large ones and those that a type's methods write are always read back.
func (s *Session) checkReadable(field int, span string) error {
	fresh := s.manager.schema.New()
	fresh.codec.Reset(field)
	fresh.reader.Reset(span)
	fresh.codec.Consume(field, &fresh.reader)
	if err := fresh.reader.Err(); err != nil {
		return fmt.Errorf("%w: the encoded value cannot be read back: %w", runtime.ErrEncoding, err)
	}
	return nil
}

// terms returns the index terms of the record: one for each principal or index field that is
// set.
func (s *Session) terms() []runtime.Term {
	moved := s.left || len(s.manager.labels) > 1 // terms of an earlier label are replaced
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
			terms = append(terms, s.manager.term(0, field, value))
		}
	}
	return terms
}

// foreignTerms returns the terms of the base that belong to fields of other programs.
func (s *Session) foreignTerms() []runtime.Term {
	foreign := slices.Clone(s.base.terms)
	for _, field := range s.manager.indexed {
		if value := s.wireOfBase(field); value != "" {
			for i := range s.manager.labels {
				ours := s.manager.term(i, field, value)
				foreign = slices.DeleteFunc(foreign, func(t runtime.Term) bool { return t == ours })
			}
		}
	}
	return foreign
}

// flashMarks returns the flash marks of the header if they are not those of the base any more. A
// flash that this request has set gets a new one, and a flash that it has cleared has none.
func (s *Session) flashMarks(rev runtime.Rev) (marks string, differ bool) {
	any := s.left
	for _, field := range s.manager.flashes {
		any = any || s.fields[field].state&changed != 0
	}
	if !any {
		return "", false
	}
	var b []byte
	if !s.left {
		head := s.base.head()
		head.EachFlash(func(number int32, entry, _ string) {
			field := s.manager.fieldWithNumber(number)
			if field < 0 || s.fields[field].state&changed == 0 {
				b = append(b, entry...)
			}
		})
	}
	for _, field := range s.manager.flashes {
		if f := &s.fields[field]; f.state&changed != 0 && f.state&present != 0 {
			b = record.AppendFlashMark(b, s.manager.schema.Fields[field].Number, rev)
		}
	}
	return string(b), true
}

func (m *Manager) fieldWithNumber(number int32) int {
	return slices.IndexFunc(m.schema.Fields, func(f Field) bool { return f.Number == number })
}

func appendOf(codec Codec, b []byte, field int) (encoded []byte, err error) {
	defer wire.RecoverEncoding(&err)
	return codec.Append(b, field), nil
}
