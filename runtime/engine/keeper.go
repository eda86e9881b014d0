package engine

import (
	"context"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// keeper is where a manager keeps its sessions: in a store, or in the browser's
// cookie. It is chosen once, when the manager is made. The engine chooses among
// cookies, decides what is too late, writes the cookie's line, and keeps account of
// what was renewed and ended; a keeper knows how one step is carried out. The session's
// lock is held when a method with a session is called, and given up during calls to a
// store. Every error says that the store could not tell.
//
// Nothing is passed by pointer: behind an interface it would escape from the stack.
type keeper interface {
	// candidate reads one value of the session cookie, without a call to the store. A
	// value that is none is a *notACandidate.
	candidate(value string) (candidate, error)
	// check finds out what a candidate is worth. The session's opened says it then.
	check(s *Session, c candidate) error
	// put stores a session: a new one if w is fresh, else what has changed of a live
	// one. value is what the session cookie carries from now on, "" if that is the token.
	put(s *Session, w write) (value string, o outcome, err error)
	// end ends the session for good.
	end(s *Session, unsent bool) error
	// endOthers ends a principal's other sessions, if put has not done so.
	endOthers(s *Session, whose string) error
	// extend extends the idle deadline. value is as in put.
	extend(s *Session) (value string, err error)

	// newest is the session's record as it is now; found is false if there is nothing newer
	// to read. The error is [runtime.ErrEnded], or the store's. The lock need not be held.
	newest(of known, call caller) (b base, found bool, err error)
	// watched are the records that newest looks at.
	watched(of known) []runtime.ID

	revoke(ctx context.Context, id runtime.ID) error
	listBy(ctx context.Context, field int, codec Codec) ([]runtime.Info, error)
	revokeBy(ctx context.Context, field int, codec Codec) (int, error)
}

// candidate is a well-formed value of the session cookie.
type candidate struct {
	token  token
	sealed record.Frame // instead of a token, where the session is in the cookie
}

// notACandidate says that a value of the session cookie opens nothing, whatever the store
// has. It becomes an event.
type notACandidate struct {
	kind   runtime.EventKind
	reason string
	err    error
}

func (r *notACandidate) Error() string { return r.reason }

// write is a session as it is to be stored.
type write struct {
	rec      runtime.Record
	ttl      runtime.TTL
	fresh    bool // it was not stored before
	renewing bool
}

// outcome is what became of a write.
type outcome uint8

const (
	kept      outcome = iota
	taken             // of a fresh session: there is another one with its ID
	overtaken         // another request was faster, and nothing was written
	unclear           // another request was faster, or this one was: it may have been written
	gone              // the session has ended
)
