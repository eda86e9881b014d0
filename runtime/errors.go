package runtime

import (
	"errors"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Errors of a commit, which Commit returns and [WithErrorHandler] receives. [ErrTooLarge] and an
// error of the store are the only other ones. Compare with errors.Is.
var (
	// ErrEnded reports that the session has ended, or that its privilege has changed, since
	// this request loaded it. What the request has changed was dropped.
	ErrEnded = errors.New("sessiongen: the session has ended, or its privilege has changed, since it was loaded")
	// ErrCookie reports that a cookie cannot be sent: its value is too long, or is not a value
	// of its type. Nothing was committed.
	ErrCookie = errors.New("sessiongen: cookie cannot be sent")
	// ErrEncoding reports that a value cannot be written, or could not be read back: a method of
	// its type returned an error or does not read what it has written, two keys of a map are
	// written alike, or a key is NaN. The text names the field. Nothing was committed.
	ErrEncoding = wire.ErrEncoding
	// ErrUnreadable reports that changes of a field were dropped, because another program has
	// written the field in a way that this one cannot read. The event EventDropped names the field.
	// Everything else was committed.
	ErrUnreadable = errors.New("sessiongen: changes of a field that cannot be read were dropped: Set or Clear replaces it")
	// ErrSpeculative reports that a browser loads a page in advance which must not be: it takes a
	// flash, signs in or out, or ends sessions. Nothing was committed. The middleware answers
	// with the status of [WithSpeculationStatus], and without the error handler.
	ErrSpeculative = errors.New("sessiongen: the browser loads this page in advance, and it takes a flash, ends sessions or changes who is signed in: answer with an error status, so that the browser asks again")
	// ErrTooLate reports a change that can no longer be committed: it was made after the
	// handler returned, or it needs a cookie and the response has started.
	ErrTooLate = errors.New("sessiongen: too late to change the session: the response has begun or the handler has returned")
	// ErrSessionLimit reports that a sign-in was refused, because the principal has as many
	// sessions as [WithSessionLimit] allows. The request's other changes were dropped with it; what
	// the session was before it still is.
	ErrSessionLimit = errors.New("sessiongen: sign-in refused: the principal has as many sessions as the limit allows")
	// ErrUncertain reports that the store gave an unclear answer, and that the record has since
	// changed too often to tell whether the changes were applied. They are never applied twice.
	ErrUncertain = errors.New("sessiongen: cannot tell whether the session's changes were kept")
)
