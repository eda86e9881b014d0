package engine

import (
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// rare is the state that most requests do not need. It is allocated on first use, so that other
// requests do not pay for its memory. The lock of the session guards it.
type rare struct {
	seal         seal   // of a sealed session
	clientHash   string // of the client of this request; "" if it is not checked or cannot be identified
	identified   bool   // clientHash is set
	othersClient bool   // a session cookie opens a session that is bound to another client
	before       string // the principal that this request has left
	rivals       []rival
	panicked     bool // within a middleware inside that of the session

	changes      []change // relative changes, in order
	baselines    map[int]string
	outerCookies []string      // Set-Cookie lines that were in the header before the handler
	junk         []*cookieSpec // cookies to delete, because no version of the program reads them
	sentTokens   []string      // names of session cookies that a store has acknowledged, of this middleware and nested ones

	refused   bool     // a page loaded in advance has taken a flash
	unkept    bool     // the response shows a flash that was not cleared, so no cache may keep it
	refreshes bool     // the session cookie of the commit has a later deadline, and is the same otherwise
	clears    siteData // what the browser has to clear, because of what a store has acknowledged

	committed chan struct{}   // closed after the commit in progress; nil unless a goroutine waits
	failed    error           // the error of a failed commit; nothing more is committed
	events    []runtime.Event // raised when the lock is given back
	lines     header.Room

	firstEvent [1]runtime.Event // room for events; there is rarely more than one
}

// rare returns the rare state for writing, and allocates it if necessary. Reads go through
// more, with methods that accept nil.
func (s *Session) rare() *rare {
	if s.more == nil {
		s.more = new(rare)
	}
	return s.more
}

// logChange adds a relative change to the log that a replay applies.
func (r *rare) logChange(c change) { r.changes = append(r.changes, c) }

func (r *rare) clearLog() {
	if r != nil {
		r.changes, r.baselines = nil, nil
	}
}

func (r *rare) baseline(field int) (encoded string, snapped bool) {
	if r == nil {
		return "", false
	}
	encoded, snapped = r.baselines[field]
	return encoded, snapped
}

// principalBefore returns the principal that this request has left.
func (r *rare) principalBefore() string {
	if r == nil {
		return ""
	}
	return r.before
}

// sends records that the response carries a session cookie that a store has acknowledged.
func (r *rare) sends(name string) {
	if r.sentTokens == nil {
		r.sentTokens = r.lines.Sent[:0]
	}
	r.sentTokens = append(r.sentTokens, name)
}

func (s *Session) sentTokens() []string {
	if s.more == nil {
		return nil
	}
	return s.more.sentTokens
}

// failure returns the reason why nothing more is committed.
func (s *Session) failure() error {
	if s.more == nil {
		return nil
	}
	return s.more.failed
}
