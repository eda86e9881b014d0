package runtime

import "context"

// keeper is where a manager keeps its sessions: in a store, or in the browser's
// cookie. It is chosen once, when the manager is made. The session's lock is held
// when a method with a session is called, and given up during calls to a store.
type keeper interface {
	// find takes over the session that the request's cookies name. An error means
	// that the store could not say.
	find(s *Session) error
	// update keeps the changes of a live session, create those of a request without
	// one. touch extends the idle deadline if that is due. Each returns the session
	// cookie to send, "" for none.
	update(s *Session, open bool) (setCookie string, err error)
	create(s *Session) (setCookie string, err error)
	touch(s *Session, open bool) (setCookie string)
	// destroy ends the session for good.
	destroy(s *Session, open bool) (setCookie string, err error)
	// revokeOthers ends a principal's other sessions, if update and create have
	// not done so.
	revokeOthers(s *Session, whose string) error
	// newest is the session's record as it is now, nil if there is nothing newer to read.
	// The error is [ErrEnded], or that nobody can say. The lock need not be held.
	newest(of known, call caller) (*base, error)
	// records are what newest looks at.
	records(of known) []ID
	// changesNeedCookie says whether keeping the changes that there are sends a cookie.
	changesNeedCookie(s *Session) bool

	revoke(ctx context.Context, id ID) error
	listBy(ctx context.Context, field int, codec Codec) ([]Info, error)
	revokeBy(ctx context.Context, field int, codec Codec) (int, error)
}

// inStore keeps sessions in a store; the cookie carries a token.
type inStore struct{ manager *Manager }

func (inStore) find(s *Session) error                        { return s.findToken() }
func (inStore) update(s *Session, open bool) (string, error) { return s.update(open) }
func (inStore) create(s *Session) (string, error)            { return s.create() }
func (inStore) destroy(s *Session, _ bool) (string, error)   { return s.delete() }
func (inStore) revokeOthers(s *Session, whose string) error  { return s.revokeAllOthers(whose) }
func (inStore) touch(s *Session, _ bool) (setCookie string) {
	s.touch()
	return ""
}

// changesNeedCookie: the token stays unless there is none, or it is renewed.
func (inStore) changesNeedCookie(s *Session) bool {
	renewing, _ := s.privileges()
	return s.standing != live || renewing || s.rememberChanged()
}
