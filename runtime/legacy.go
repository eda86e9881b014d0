package runtime

import (
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/gorilla/securecookie"
)

// LegacySource reads the sessions of the library that an application has moved from.
// [github.com/sessiongen/sessiongen/runtime/legacy.FromSCS] and
// [github.com/sessiongen/sessiongen/runtime/legacy.FromGorilla] make one. For another store or
// codec, fill it by hand.
type LegacySource struct {
	// Cookie is the name of the cookie that carries the old session. It must differ from the
	// name of the new session cookie. Path and Domain are the attributes that the old library
	// used, since browsers delete a cookie only by them. An empty Path is "/".
	Cookie, Path, Domain string

	// Read returns the values of the session that the request's cookie opens, or nil if there
	// is no session. An error that wraps fs.ErrNotExist, such as that of a store of files,
	// counts as no session. An error that wraps [ErrUnreadable], or one of securecookie,
	// reports a session that will never be readable: the visitor is anonymous. After any other
	// error the visitor gets the error page. A store of your own may return another error for
	// a session that it does not have, such as sql.ErrNoRows: return nil instead of it.
	Read func(r *http.Request) (map[any]any, error)

	// End makes the old session worthless. What it writes to w is discarded, because the
	// manager tells the browser to delete the cookie. End may be nil, such as for a session
	// that is kept in its cookie: the manager then remembers the cookies that it has taken
	// over until the end of the move, each in a record of its store.
	End func(w http.ResponseWriter, r *http.Request) error
}

// ErrUnreadable reports that an old session cannot be read, now or ever.
var ErrUnreadable = errors.New("sessiongen: the old session cannot be read")

// Legacy has the arguments of [WithLegacy].
type Legacy struct {
	Until   time.Time
	Source  LegacySource
	Session reflect.Type                             // the type that Fill fills
	Fill    func(session any, old map[any]any) error // nil if WithLegacy was given no function
}

// LegacyCookies has the arguments of [WithLegacyCookies].
type LegacyCookies struct {
	Until  time.Time
	Codecs []securecookie.Codec
}
