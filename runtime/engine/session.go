package engine

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/deadline"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Session is what a generated session type is made of: the record that was
// loaded, and what the request changes in it. Its functions and methods are
// called by generated code only and are safe for several goroutines.
type Session struct {
	manager *Manager
	self    any // the *Visitor around this session
	codec   Codec
	request *http.Request
	header  http.Header // of the response

	// mu guards everything below. It is never held while a store, an event hook
	// or a function of the application runs.
	mu      sync.Mutex
	fields  []FieldState
	cookies []CookieState
	reader  wire.Reader // decodes fields; here because it would escape from a stack

	opened           // what the request's cookie opened, or what this request has stored since
	intent           // what the request wants besides the values of fields
	more   *rare     // nil as long as there is no need
	adopts *adoption // of another library's session; nil if there is none

	phase          phase
	carried        bool        // the request had a cookie under the session cookie's name
	mayHaveChanged bool        // something was changed, or given away that can be changed in place
	committing     bool        // a commit is under way
	accessed       bool        // a session or cookie field was read or changed
	asked          atomic.Bool // the session was found in the context

	at            time.Time         // when the load or commit under way began, by the manager's clock
	deadline      *deadline.Context // of the store calls under way
	firstDeadline deadline.Context
	context       sessionContext
	writer        responseWriter
	varyLine      [1]string // a line of the response's header
	watch         *watch    // nil until Done is called
}

// opened is what the request's cookie opened, or what this request has stored since.
type opened struct {
	token      token // zero without a session
	base       base
	atLoad     string // the principal's value on the wire when loaded, "" if there was none
	principal  string // the same now
	standing   standing
	spansStale bool // base.data was written by this program and not walked over yet
	extended   bool // the idle deadline was extended since the record was read
	superseded bool // another request has renewed the secret: the browser may hold a newer one
}

// standing is what the request's token was found to be worth.
type standing uint8

const (
	absent   standing = iota // no token, or one that opens nothing
	live                     // the secret of a record
	renewed                  // a secret that was replaced a moment ago
	ended                    // the token of a session that was ended a moment ago
	doubtful                 // several tokens, and no telling which is the browser's
)

// intent is what a request wants besides the values of fields. A commit fulfils it.
type intent struct {
	ending       ending
	remember     remembrance
	principalSet bool // set by this request, be it to the same value
	left         bool // the principal was left: nothing in base counts any more
	renew        bool
	revokeOthers bool
}

// ending is how far Destroy has come.
type ending uint8

const (
	notEnding    ending = iota
	endWanted           // the next commit ends the session
	endFailed           // the store was asked, and failed
	endConfirmed        // the store has acknowledged it
)

// remembrance is what was said about the session cookie's outliving the browser.
type remembrance uint8

const (
	asBefore remembrance = iota
	untilBrowserCloses
	beyondBrowser
)

// phase is how far a request has come.
type phase uint8

const (
	handling phase = iota
	begun          // the response's first byte may have left
	returned       // the handler has returned
)

// base is a record as it was loaded or last written, with its entries in order.
type base struct {
	rev        runtime.Rev
	terms      []runtime.Term
	data       string
	unknown    []record.Entry // fields of other programs and versions, in order
	idle, life time.Duration  // left when loaded
	loaded     time.Time
	generation uint32 // of the queue, before it was loaded
}

// head is the record's header. It is read where it is asked for: most requests ask for
// nothing more after the load, and keeping it would cost all of them.
func (b *base) head() record.Header {
	h, _ := record.ReadHeader(b.data) // it was read before
	return h
}

// FieldState is what a session knows of one field.
type FieldState struct {
	start, end uint32 // the field's entries in base.data
	version    uint32 // counts changes of the stored value
	state      fieldBits
}

type fieldBits uint8

const (
	decoded  fieldBits = 1 << iota // the storage holds the value
	present                        // the value is set (valid once decoded)
	assigned                       // replaced by this request, whatever it was
	inPlace                        // found changed in place, which counts as assigned
	relative                       // changed by this request on top of what it was
	lent                           // a live slice or map was given to the handler
	foreign                        // the storage shares memory with what the handler set
)

// changed says that the stored value is to be written rather than base's.
const changed = assigned | inPlace | relative

// change is a relative change: what is done again on the newest value when
// another request has changed the record.
type change struct {
	field int
	apply func() // on decoded storage, with the lock held
	taken *flash // instead of apply: this flash is to be cleared, and no other
}

// Bind makes an empty session type usable. self is the pointer to it.
func (s *Session) Bind(self any, codec Codec, fields []FieldState, cookies []CookieState) *Session {
	s.self, s.codec, s.fields, s.cookies = self, codec, fields, cookies
	return s
}

// lock takes the lock to read; reading is possible while a commit is under way,
// and after the handler has returned.
func (s *Session) lock() {
	s.mu.Lock()
	s.accessed = true
}

// lockToChange takes the lock to change something, after a commit under way has
// ended. It reports false, and holds no lock, if it is too late for changes.
func (s *Session) lockToChange() bool {
	s.mu.Lock()
	for s.committing {
		if !s.await() {
			s.note(runtime.Event{Kind: runtime.EventTooLate, Reason: "changed while a commit was under way that did not end", Err: runtime.ErrTooLate})
			s.unlock()
			return false
		}
	}
	s.accessed, s.mayHaveChanged = true, true
	if s.phase == returned || s.failure() != nil {
		reason := "changed after the handler returned"
		if s.failure() != nil {
			reason = "changed after a commit failed"
		}
		s.note(runtime.Event{Kind: runtime.EventTooLate, Reason: reason, Err: runtime.ErrTooLate})
		s.unlock()
		return false
	}
	return true
}

// await gives up the lock until the commit that another goroutine has under way
// ends. It reports false after longer than a commit may last, which it
// does only in a function given to Update that changes the session itself.
func (s *Session) await() bool {
	r := s.rare()
	if r.committed == nil {
		r.committed = make(chan struct{})
	}
	committed := r.committed
	s.mu.Unlock()
	defer s.mu.Lock()
	timer := time.NewTimer(s.manager.options.Timeout)
	defer timer.Stop()
	select {
	case <-committed:
		return true
	case <-timer.C:
		return false
	}
}

func (s *Session) wakeWaiters() {
	if r := s.more; r != nil && r.committed != nil {
		close(r.committed)
		r.committed = nil
	}
}

// note keeps an event until the lock is given back.
func (s *Session) note(e runtime.Event) {
	if e.ID == (runtime.ID{}) {
		e.ID = s.token.id
	}
	r := s.rare()
	if r.events == nil {
		r.events = r.firstEvent[:0]
	}
	r.events = append(r.events, e)
}

// unlock gives the lock back and raises what was noted.
func (s *Session) unlock() {
	if s.more == nil || s.more.events == nil {
		s.mu.Unlock()
		return
	}
	// The first one may be noted over as soon as the lock is given back.
	first, others := s.more.events[0], s.more.events[1:]
	s.more.events = nil
	s.mu.Unlock()
	s.manager.raise(s.request.Context(), first)
	for _, e := range others {
		s.manager.raise(s.request.Context(), e)
	}
}

// unlocked runs a function of the application without the lock.
func (s *Session) unlocked(run func()) {
	s.mu.Unlock()
	defer s.mu.Lock()
	run()
}

// startDeadline bounds the calls to the store that follow, from now on.
func (s *Session) startDeadline(parent context.Context, detached bool) {
	if s.deadline = &s.firstDeadline; s.deadline.Used() {
		s.deadline = new(deadline.Context)
	}
	s.at = time.Now()
	s.deadline.Start(parent, s.at.Add(s.manager.options.Timeout), detached)
	if s.manager.ownClock {
		s.at = s.manager.options.Clock()
	}
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

// span is where the field's entries are in base.data.
func (s *Session) span(field int) string {
	if s.spansStale {
		// What was loaded was walked over before, and what we wrote is in order.
		_ = s.locate()
	}
	f := &s.fields[field]
	return s.base.data[f.start:f.end]
}

// locate finds the fields' entries in base.data.
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

// decode fills a field's storage from the base, once.
func (s *Session) decode(field int) {
	f := &s.fields[field]
	if f.state&decoded != 0 {
		return
	}
	f.state |= decoded
	s.codec.Reset(field)
	span := s.span(field)
	if span == "" || field == s.manager.principal && s.wireOfBase(field) == "" {
		return // nobody may have been written down as zero
	}
	s.reader.Reset(span)
	s.codec.Consume(field, &s.reader)
	if err := s.reader.Err(); err != nil {
		s.codec.Reset(field)
		s.note(runtime.Event{Kind: runtime.EventFieldReset, Field: s.manager.schema.Fields[field].Key, Err: err})
		return
	}
	f.state |= present
	s.setPresence(field)
}

// setPresence makes an empty collection absent.
func (s *Session) setPresence(field int) {
	if s.manager.schema.Fields[field].Traits&Collection == 0 {
		return
	}
	f := &s.fields[field]
	// What cannot be encoded is there; the commit will say what is wrong with it.
	if size, err := sizeOf(s.codec, field); size > 0 || err != nil {
		f.state |= present
	} else {
		f.state &^= present
	}
}

// wireOfBase is a field's value on the wire, without its tag, as in the base;
// "" if it is absent or zero, which for a principal is nobody.
func (s *Session) wireOfBase(field int) string {
	if field < 0 {
		return ""
	}
	return wireValue(s.span(field), s.manager.schema.Fields[field].Number)
}

// wireOfStorage is the same for the value in the storage.
func (s *Session) wireOfStorage(field int) string {
	if s.fields[field].state&present == 0 {
		return ""
	}
	encoded, err := appendOf(s.codec, nil, field)
	if err != nil {
		return "" // the commit will fail with it
	}
	return wireValue(string(encoded), s.manager.schema.Fields[field].Number)
}

// wireValue is what follows a field's tag, "" if that is zero. An ID of zero bytes
// is zero too, whatever its length is.
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
