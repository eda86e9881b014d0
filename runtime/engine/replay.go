package engine

// change is a relative change. It is applied again to the newest value if another request has
// changed the record.
type change struct {
	field int
	apply func() // on decoded storage, with the lock held
	edit  edit   // instead of apply: of a slice or map, also in its encoded form
	taken *flash // instead of apply: the flash to clear, if it is still the same
}

// replayOn makes a record the base of all fields that this request has not assigned, and
// replays the relative changes on it. A field that is the same in both keeps its storage, so
// that values lent to the handler stay live.
func (s *Session) replayOn(b base) {
	var same map[int]string
	for i := range s.fields {
		if f := &s.fields[i]; f.state&lent != 0 && f.state&changed == 0 {
			if same == nil {
				same = map[int]string{}
			}
			same[i] = s.span(i)
		}
	}
	s.base = b
	s.spansStale = true
	if s.more != nil {
		s.more.baselines = nil
	}
	for i := range s.fields {
		f := &s.fields[i]
		f.version++
		if span, held := same[i]; held && span == s.span(i) {
			continue
		}
		if f.state&(assigned|inPlace) == 0 {
			f.state = 0
		}
	}
	if !s.principalSet {
		s.principal = s.wireOfBase(s.manager.principal)
	}
	if s.more != nil {
		for _, c := range s.more.changes {
			s.replay(c)
		}
		for i := range s.fields {
			if s.fields[i].state&unreadable != 0 {
				s.more.dropChanges(i) // for good: an event has said so
			}
		}
	}
}

func (s *Session) replay(c change) {
	f := &s.fields[c.field]
	if f.state&(assigned|inPlace) != 0 {
		return // the assigned value includes the change
	}
	if c.edit != nil {
		s.applyEdit(c.field, c.edit)
		return
	}
	s.decode(c.field)
	switch {
	case c.taken != nil:
		if s.flash(c.field) == *c.taken {
			s.codec.Reset(c.field)
			f.state = f.state&^present | relative
		}
	case f.state&unreadable != 0:
		s.dropUnreadable(c.field)
	default:
		c.apply()
		f.state = f.state&^edited | present | relative
		s.setPresence(c.field)
	}
}

// leave keeps only the changes of this request. The previous values belong to a principal that
// was left or to a session that has ended. Values changed in place derive from them, so they
// are discarded too, and values lent to the handler are no longer live.
func (s *Session) leave() {
	for i := range s.fields {
		if f := &s.fields[i]; f.state&assigned == 0 {
			f.state &^= inPlace | lent
		}
	}
	s.left = true
	s.replayOn(s.base)
}
