package engine

import (
	"cmp"
	"context"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// keeper is where a manager keeps its sessions: in a store, or in the cookie of the browser.
// The manager chooses it once, when it is made. The engine chooses among cookies, decides what
// is too late, writes the line of the cookie, and tracks what was renewed and ended. A keeper
// knows how to carry out one step.
//
// The caller of a method with a session holds the lock of the session; the method gives it up
// while it calls a store. An error means that the store has failed.
//
// Nothing is passed by pointer: behind an interface it would escape from the stack.
type keeper interface {
	// candidate parses one value of the session cookie, without a call to the store. The error of
	// an invalid value is a *notACandidate.
	candidate(s *Session, value string) (candidate, error)
	// check determines the standing of a candidate, and sets the opened part of the session.
	check(s *Session, c candidate) error
	// put stores a session: a new one if w is fresh, otherwise the changes of a live one. value is
	// what the session cookie carries from now on; "" stands for the token.
	put(s *Session, w write) (value string, o outcome, err error)
	// end ends a session for good: that of the request, or that of another cookie. revision is that
	// in a sealed cookie.
	end(s *Session, id runtime.ID, revision runtime.Rev, unsent bool) error
	// endOthers ends the other sessions of a principal, unless put has done so.
	endOthers(s *Session, whose string) error
	// extend extends the idle deadline. value is as in put.
	extend(s *Session) (value string, err error)

	// newest loads the record of the session again. found is false if there is nothing newer to
	// read. The error is [runtime.ErrEnded] or that of the store. The lock need not be held.
	newest(of known, call caller) (b base, found bool, err error)
	// watched returns the IDs of the records that newest reads.
	watched(of known) []runtime.ID

	revoke(ctx context.Context, id runtime.ID) error
	listBy(ctx context.Context, field int, codec Codec) ([]runtime.Info, error)
	revokeBy(ctx context.Context, field int, codec Codec) (int, error)
	revokeAll(ctx context.Context) (int, error)
}

// candidate is a well-formed value of the session cookie.
type candidate struct {
	token  token
	sealed *record.Frame // of a sealed session, instead of a token
	value  string        // of the cookie
}

func (c *candidate) id() runtime.ID {
	if c.sealed != nil {
		return c.sealed.ID
	}
	return c.token.id
}

// revision returns the revision of the session that is in a sealed cookie.
func (c *candidate) revision() runtime.Rev {
	if c.sealed != nil {
		return c.sealed.Session
	}
	return runtime.Rev{}
}

// notACandidate is the error of a value of the session cookie that opens nothing, whatever the
// store holds. It becomes an event.
type notACandidate struct {
	kind   runtime.EventKind
	reason error // why the cookie was refused
	err    error // why the record was refused
}

func (r *notACandidate) Error() string { return cmp.Or(r.reason, r.err).Error() }

// write is a session to be stored.
type write struct {
	rec      runtime.Record
	ttl      runtime.TTL
	fresh    bool // the session has not been stored before
	renewing bool
}

// outcome is the result of a write.
type outcome uint8

const (
	kept      outcome = iota
	taken             // the ID of a fresh session is in use
	overtaken         // another request was faster, and nothing was written
	unclear           // a conflict, possibly with an earlier attempt of this write: it may have been applied
	gone              // the session has ended
)
