package engine

import (
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// rare is what a session has no need of in most requests. The session has it apart, so
// that those do not pay for its memory. The session's lock guards it.
type rare struct {
	seal       seal   // of a sealed session
	clientHash string // of this request's client, "" if it is not checked
	before     string // the principal that this request has left

	changes      []change // relative changes, in order
	baselines    map[int]string
	outerCookies []string // those in the header before the handler
	sentTokens   []string // names of session cookies that a store has acknowledged, of this middleware or one inside

	committed chan struct{}   // closed when the commit under way ends, if somebody waits for that
	failed    error           // a commit failed, and none will be tried again
	events    []runtime.Event // raised when the lock is given back
	lines     header.Room

	firstEvent [1]runtime.Event // of events, which seldom are more
}

// rare is for all that is written into it. What is only read is asked of more, by methods
// that know nothing where there is nothing.
func (s *Session) rare() *rare {
	if s.more == nil {
		s.more = new(rare)
	}
	return s.more
}

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

// principalBefore is the one that this request has left.
func (r *rare) principalBefore() string {
	if r == nil {
		return ""
	}
	return r.before
}

// sends notes that the browser gets a session cookie that a store has acknowledged.
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

// failure is why nothing will be committed any more.
func (s *Session) failure() error {
	if s.more == nil {
		return nil
	}
	return s.more.failed
}
