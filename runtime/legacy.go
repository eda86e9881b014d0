package runtime

import (
	"errors"
	"net/http"
)

// LegacySource reads the sessions of the library that an application has moved from.
// [github.com/sessiongen/sessiongen/runtime/legacy.FromSCS] and [github.com/sessiongen/sessiongen/runtime/legacy.FromGorilla] make one; for another store or codec, fill it by hand.
type LegacySource struct {
	// Cookie is the name of the cookie that carries the old session, and must be
	// another one than that of the new. Path, "/" if it is empty, and Domain are what the
	// old library was told: browsers delete a cookie only by them.
	Cookie, Path, Domain string

	// Read returns the values of the session that the request's cookie opens, and nil
	// for none. An error that wraps fs.ErrNotExist, as that of a store of files, says that
	// there is none, too. One that wraps [ErrUnreadable], or is one of securecookie, says
	// that this session will never be readable: the visitor is nobody. After any other one
	// nobody can tell, and the visitor gets the error page: what a store of your own
	// returns for a session that it does not have, such as sql.ErrNoRows, make nil of it.
	Read func(r *http.Request) (map[any]any, error)

	// End makes the session worthless. What it writes to w is thrown away, since the
	// manager tells the browser to forget the cookie. Without End, such as for a session
	// that is all in its cookie, the manager remembers until the end of the move which
	// cookies it has taken over, in a record of its store for each.
	End func(w http.ResponseWriter, r *http.Request) error
}

// ErrUnreadable says of an old session that it cannot be read, now or ever.
var ErrUnreadable = errors.New("sessiongen: the old session cannot be read")
