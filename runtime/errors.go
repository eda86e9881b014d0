package runtime

import (
	"errors"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// What Commit returns, and an error handler is given, besides an error of the store. Compare with
// errors.Is.
var (
	// ErrEnded says that the session has ended, or that its privilege has changed, since this
	// request loaded it.
	ErrEnded = errors.New("sessiongen: the session has ended, or its privilege has changed, since it was loaded")
	// ErrCookie says that a cookie could not be sent: its value is too long, or not
	// one that its type can have. Nothing was committed.
	ErrCookie = errors.New("sessiongen: cookie cannot be sent")
	// ErrEncoding says that a value cannot be written, because a method of its type
	// returned an error or panicked, or because it could not be read again.
	ErrEncoding = wire.ErrEncoding
	// ErrTooLate says that something was changed when it could no longer be
	// committed: after the handler returned, or with need for a cookie after the
	// first byte of the response.
	ErrTooLate = errors.New("sessiongen: too late to change the session: the response has begun or the handler has returned")
	// ErrUncertain says that the store gave an unclear answer and the record has
	// moved on too far to tell whether the changes were applied. They are never
	// made twice.
	ErrUncertain = errors.New("sessiongen: cannot tell whether the session's changes were kept")
)
