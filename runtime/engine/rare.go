package engine

import (
	"net/http"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// rare is the state that most requests do not need. It is allocated on first use, so that other
// requests do not pay for its memory. The lock of the session guards it.
type rare struct {
	seal         seal   // of a sealed session
	clientHash   string // of the client of this request; "" if it is not checked or cannot be identified
	identified   bool   // clientHash is set
	othersClient bool   // the last check has found a session that is bound to another client
	before       string // the principal that this request has left
	othersOf     string // the principal whose sessions RevokeOthers ends, if its sign-in was discarded
	rivals       []rival
	panicked     bool // within a middleware inside that of the session

	changes    []change // relative changes, in order
	baselines  map[int]string
	junk       []*cookieSpec // cookies to delete, because no version of the program reads them
	sentTokens []string      // names of cookies that are part of a successful commit, of this middleware and nested ones

	refused    bool      // a page loaded in advance has taken a flash
	unkept     bool      // the response shows a flash that was not cleared, so no cache may keep it
	refreshes  bool      // the session cookie of the commit has a later deadline, and is the same otherwise
	clearsRoom [1]string // room for the line that says so
	clears     siteData  // what the browser has to clear, because of what a store has acknowledged

	headerBefore   http.Header // the header before the handler; nil if it was empty
	headerSent     http.Header // that of the error page
	headerDetached http.Header // what the handler gets after the error page was sent

	dropped  bool // changes of a field that cannot be read were dropped since the last Commit
	outlived bool // the last commit was stored, and then another request has changed the privilege

	committed chan struct{}   // closed after the commit in progress; nil unless a goroutine waits
	endsAfter bool            // Destroy could not wait for the commit in progress
	lost      error           // why the commit in progress has dropped changes, if it has
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

// dropChanges removes the changes of one field from the log.
func (r *rare) dropChanges(field int) {
	if r != nil {
		r.changes = slices.DeleteFunc(r.changes, func(c change) bool { return c.field == field })
	}
}

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

// endsOthersOf returns the principal whose sessions RevokeOthers ends though the request does
// not sign it in.
func (r *rare) endsOthersOf() string {
	if r == nil {
		return ""
	}
	return r.othersOf
}

func (r *rare) clearOthersOf() {
	if r != nil {
		r.othersOf = ""
	}
}

// wasOutlived reports whether what the last commit has stored counts, although the session is no
// longer the request's.
func (r *rare) wasOutlived() bool { return r != nil && r.outlived }

// sends records that the response carries a cookie of a successful commit.
func (r *rare) sends(name string) {
	if r.sentTokens == nil {
		r.sentTokens = r.lines.Sent[:0]
	}
	r.sentTokens = append(r.sentTokens, name)
}

// headerDetached returns the header that the handler gets after an error page.
func (s *Session) headerDetached() http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more == nil {
		return nil
	}
	return s.more.headerDetached
}

func (s *Session) sentTokens() []string {
	if s.more == nil {
		return nil
	}
	return s.more.sentTokens
}

// takeEndsAfter reports, once, whether Destroy was called during the commit that ends now.
func (s *Session) takeEndsAfter() (ends bool) {
	if s.more != nil {
		ends, s.more.endsAfter = s.more.endsAfter, false
	}
	return ends
}

// takeLost returns why the last commit has dropped changes, once.
func (s *Session) takeLost() (err error) {
	if s.more != nil {
		err, s.more.lost = s.more.lost, nil
	}
	return err
}

// takeUnreadable returns, once and to Commit alone, why changes were dropped since the last one.
func (s *Session) takeUnreadable(at point) (err error) {
	if s.more != nil && at == midway && s.more.dropped {
		err, s.more.dropped = runtime.ErrUnreadable, false
	}
	return err
}

// failure returns the reason why nothing more is committed.
func (s *Session) failure() error {
	if s.more == nil {
		return nil
	}
	return s.more.failed
}
