package engine

import "errors"

var (
	errNoRevocation = unsupported("replay of sealed sessions was accepted, so that none can be revoked: give sealed.New sealed.WithRevocations instead")
	errNoList       = unsupported("sealed sessions are kept in the browsers and cannot be listed: use a store that is a runtime.Indexer")
	errRaced        = errors.New("another request has renewed the session meanwhile: try again")
	errRestless     = errors.New("the record of what was revoked is changed again and again by others")
)

// unsupported is an error that no repetition helps against.
type unsupported string

func (u unsupported) Error() string        { return string(u) }
func (u unsupported) Is(target error) bool { return target == errors.ErrUnsupported }
