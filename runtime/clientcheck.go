package runtime

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
)

// clientLength is how much of a hash a record keeps of its client.
const clientLength = 16

// WithClientCheck binds a session to the client that it began with: identify says who
// sends a request, by whatever stays the same for one client and differs between them,
// such as the certificate of a TLS client or the network that an address is in. Only a
// hash of it is kept. A token that comes from another client opens nothing: the visitor is
// nobody, as without a cookie, there is an event of the kind [ClientChanged], and the
// session stays as it is for the client that it belongs to.
//
// An empty string is for a client that cannot be told, which is then not checked. A
// session that began without the option is bound by the next write.
//
// Addresses change while people move, and browsers change their User-Agent when they are
// updated: a session that is bound to either ends then. identify is called once per
// request with a session cookie or a new session, and must be safe for several goroutines.
func WithClientCheck(identify func(*http.Request) string) Option {
	return func(m *Manager) { m.identify = identify }
}

// checkClient makes a request anonymous whose session belongs to another client. It is
// called before the handler, with nobody else around.
func (s *Session) checkClient() {
	m := s.manager
	if m.identify == nil {
		return
	}
	who := m.identify(s.request)
	if who == "" {
		return
	}
	hash := sha256.Sum256([]byte(who))
	s.rare().clientHash = string(hash[:clientLength])
	bound := s.base.head().client
	if s.standing != live || bound == "" || subtle.ConstantTimeCompare([]byte(bound), []byte(s.more.clientHash)) == 1 {
		return
	}
	s.note(Event{Kind: ClientChanged})
	s.closeOpened()
}
