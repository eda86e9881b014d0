package engine

// A getter of a slice or map returns the live value, which the handler may change without
// calling a method. Such a change is found by comparison: with the bytes that the value was
// decoded from, with these after Append, Put and Remove, or with its encoding when it was lent.

// snapshot keeps the encoding of the current value of a field for a later comparison.
func (s *Session) snapshot(field int) {
	r := s.rare()
	if r.baselines == nil {
		r.baselines = map[int]string{}
	}
	encoded, _ := appendOf(s.codec, nil, field) // the commit meets the same error
	r.baselines[field] = string(encoded)
}

// lend records that the handler is about to receive the storage of the field.
func (s *Session) lend(field int) {
	f := &s.fields[field]
	f.state &^= roomy
	if f.state&lent != 0 {
		return
	}
	f.state |= lent
	s.mayHaveChanged = true
	if f.state&(relative|edited) == relative {
		s.snapshot(field)
	}
}

// settle turns a change in place into an assignment.
func (s *Session) settle(field int) {
	f := &s.fields[field]
	if f.state&lent == 0 {
		return
	}
	if f.state&(assigned|inPlace) != 0 {
		s.setPresence(field) // it may have been emptied or filled since
		return
	}
	if !s.changedInPlace(field) {
		return
	}
	f.version++
	if f.state&unreadable != 0 {
		s.dropUnreadable(field)
		s.codec.Reset(field)
		f.state &^= lent
		return
	}
	f.state = f.state&^edited | inPlace
	s.setPresence(field)
}

func (s *Session) settleAll() {
	for i := range s.fields {
		if s.fields[i].state&lent != 0 {
			s.settle(i)
		}
	}
}

func (s *Session) changedInPlace(field int) bool {
	baseline, snapped := s.more.baseline(field)
	if !snapped {
		baseline = s.span(field)
	}
	if s.fields[field].state&edited != 0 {
		encoded, err := s.appendEdited(nil, field)
		if err != nil {
			return true // the commit meets the same error
		}
		baseline = string(encoded)
	}
	if s.encodesTo(s.codec, field, baseline) {
		return false
	}
	if snapped {
		return true
	}
	// Another writer may have encoded the same value differently, so compare with the encoding of
	// this program.
	fresh := s.manager.schema.New()
	fresh.codec.Reset(field)
	fresh.reader.Reset(baseline)
	if baseline != "" {
		fresh.codec.Consume(field, &fresh.reader)
	}
	if fresh.reader.Err() != nil {
		fresh.codec.Reset(field)
	}
	canonical, err := appendOf(fresh.codec, nil, field)
	return err != nil || !s.encodesTo(s.codec, field, string(canonical))
}
