package runtime

import (
	"net/http"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Cookie reads and writes a cookie field without a session. It uses the options of the
// field's tag. It is safe for several goroutines.
type Cookie[T any] interface {
	// Read returns the cookie's value in a request. If the browser sent no cookie, or an
	// invalid one, found is false and value is the default. Inside the middleware, Read adds
	// "Vary: Cookie" to the response; elsewhere the caller should do so.
	Read(r *http.Request) (value T, found bool)
	// Write adds the cookie to the header of a response that has not started, in place of one
	// with the same name, and keeps the response out of shared caches. If the value cannot be
	// sent, Write returns [ErrCookie] and changes nothing.
	Write(w http.ResponseWriter, value T) error
	// Delete makes the browser delete the cookie.
	Delete(w http.ResponseWriter)
}

// Unknown is for a field of a struct inside a session field. It keeps what other versions of
// the program have written into that struct.
type Unknown = wire.Unknown
