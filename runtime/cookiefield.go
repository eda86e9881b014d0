package runtime

import "net/http"

// Cookie reads and writes a cookie of its own, with the options that its tag has,
// where there is no session at hand. It is safe for several goroutines.
type Cookie[T any] interface {
	// Read returns the cookie's value in a request. found is false, and value the
	// default, if the browser sent none, or none that is valid. Inside the middleware the
	// response says "Vary: Cookie" then; elsewhere, one that depends on the value should say so.
	Read(r *http.Request) (value T, found bool)
	// Write puts the cookie into the header of a response that has not begun, in
	// place of one with the same name, and keeps the response out of shared caches.
	// The error is [ErrCookie] if the value cannot be sent; nothing is changed then.
	Write(w http.ResponseWriter, value T) error
	// Delete makes the browser delete the cookie.
	Delete(w http.ResponseWriter)
}
