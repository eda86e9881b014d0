package engine

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/sessiongen/sessiongen/runtime"
)

// clientLength is how many bytes of the hash of its client a record holds.
const clientLength = 16

// identifyClient finds out the client of the request, once, if the application can tell. It runs
// before the handler, so the lock is not needed.
func (s *Session) identifyClient() {
	identify := s.manager.options.ClientCheck
	if identify == nil || s.more != nil && s.more.identified {
		return
	}
	s.rare().identified = true
	if client := identify(s.request); client != "" {
		hash := sha256.Sum256([]byte(client))
		s.more.clientHash = string(hash[:clientLength])
	}
}

// isClient reports whether the request comes from the client that a session is bound to, which
// is "" for a session that is not bound. A client that cannot be identified is another one, also
// if the manager has no function to identify clients (fail closed).
func (s *Session) isClient(bound string) bool {
	if bound == "" {
		return true
	}
	s.identifyClient()
	return s.more != nil && subtle.ConstantTimeCompare([]byte(bound), []byte(s.more.clientHash)) == 1
}

// refuseClient leaves the request without the session that it has opened, which is bound to
// another client. The session itself stays as it is.
func (s *Session) refuseClient() {
	reason := ""
	switch {
	case s.manager.options.ClientCheck == nil:
		reason = "the session is bound to a client, and this manager lacks runtime.WithClientCheck"
	case s.more == nil || s.more.clientHash == "":
		reason = "the session is bound to a client, and the one of the request cannot be identified"
	}
	s.note(runtime.Event{Kind: runtime.EventClientChanged, Reason: reason})
	s.closeOpened()
	s.rare().othersClient = true
}
