// Package request makes the same requests to a site with a session, built with each of
// the libraries: what is measured, and what is checked before it is.
package request

import (
	"fmt"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

// Kind is what a request does with its session.
type Kind int

// The kinds of requests.
const (
	NoCookie  Kind = iota // a browser without a session, of which the handler does not want one
	Untouched             // a browser with a session, at which the handler does not look
	ReadOne               // the handler reads the user's ID
	ReadAll               // the handler reads all fields
	WriteOne              // the handler writes the theme, another one each time
	New                   // a browser without a session, into which the handler writes all fields
)

// Kinds are all of them.
var Kinds = [...]Kind{NoCookie, Untouched, ReadOne, ReadAll, WriteOne, New}

var names = [...]string{"no cookie", "untouched", "read one", "read all", "write one", "new"}

func (k Kind) String() string { return names[k] }

// hasCookie says whether the browser comes with a session.
func (k Kind) hasCookie() bool { return k != NoCookie && k != New }

// Library is a way to keep sessions.
type Library struct {
	Name string
	// Note says what is different about it, for those who read the figures.
	Note string
	// Lazy libraries do nothing for a request that does not touch its session, so their
	// untouched requests compare with nobody else's.
	Lazy bool
	// Live libraries keep values in their store rather than bytes.
	Live bool
	// InCookie libraries have no store: the cookie is all.
	InCookie bool
	// Nothing is kept at all.
	Nothing bool
	// Cookies are the kinds of requests that are answered with a session cookie, besides New.
	Cookies []Kind
	// NoVary says that the library leaves it to the application to tell caches that a page
	// depends on the cookie.
	NoVary bool

	open func() (app, error)
}

// app is a site made with a library, and the store of its sessions.
type app interface {
	// serve makes what answers requests of a kind. Each call builds the library's manager
	// anew, so that nothing but the store is shared.
	serve(kind Kind, seen *Seen) (server, error)
	// forget removes the sessions with these Set-Cookie lines, so that the next ones are
	// made in a store that is no larger than it was. If it returns true, servers have to
	// be made anew.
	forget(cookies []string) (renewed bool, err error)
	// size is how many bytes the store keeps of a session; 0 if it does not keep bytes.
	size(cookie string) (int, error)
}

// server answers one request after the other, each as new as if it came from a
// connection: nothing that a library has noted in an earlier one is left in it.
type server interface {
	setCookie(value string) // of the requests that follow; "" for none
	serve() (status int)
	sent() []byte // the Set-Cookie line of the last response
	header(name string) []string
}

// Seen is what the handler has seen of the session.
type Seen struct {
	UserID  int64
	Content content.Content
	Err     error
	count   int
}

// theme is what the next request writes.
func (s *Seen) theme() string {
	s.count++
	return content.Themes[s.count%2]
}

// App is a site that is ready to be asked.
type App struct {
	Library *Library
	app     app
}

// Open makes a site with an empty store.
func (l *Library) Open() (*App, error) {
	a, err := l.open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.Name, err)
	}
	return &App{l, a}, nil
}

// setsCookie says whether a response to a request of this kind has a session cookie.
func (l *Library) setsCookie(kind Kind) bool {
	for _, k := range l.Cookies {
		if k == kind {
			return true
		}
	}
	return kind == New && !l.Nothing
}
