package engine

// change is a relative change: what is done again on the newest value when
// another request has changed the record.
type change struct {
	field int
	apply func() // on decoded storage, with the lock held
	taken *flash // instead of apply: this flash is to be cleared, and no other
}

// replayOn takes a record as the base of all fields that this request did not assign,
// and replays its relative changes on it. A field that is the same in both stays
// as it is, so that what the handler holds of it is still the session's.
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
	}
}

func (s *Session) replay(c change) {
	f := &s.fields[c.field]
	if f.state&(assigned|inPlace) != 0 {
		return // it stands for itself
	}
	s.decode(c.field)
	if c.taken == nil {
		c.apply()
		f.state |= present | relative
		s.setPresence(c.field)
		return
	}
	if s.flash(c.field) == *c.taken {
		s.codec.Reset(c.field)
		f.state = f.state&^present | relative
	}
}

// leave makes the request's own changes all that the session holds: what was
// there belonged to a principal that was left, or to a session that has ended.
// Values that were changed in place were made from that, so they go too, and nothing
// that the handler holds of it is the session's any more.
func (s *Session) leave() {
	for i := range s.fields {
		if f := &s.fields[i]; f.state&assigned == 0 {
			f.state &^= inPlace | lent
		}
	}
	s.left = true
	s.replayOn(s.base)
}
