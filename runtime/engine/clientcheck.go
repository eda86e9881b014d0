package engine

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/sessiongen/sessiongen/runtime"
)

// clientLength is how much of a hash a record keeps of its client.
const clientLength = 16

// checkClient makes a request anonymous whose session belongs to another client. It is
// called before the handler, with nobody else around.
func (s *Session) checkClient() {
	m := s.manager
	if m.options.ClientCheck == nil {
		return
	}
	who := m.options.ClientCheck(s.request)
	if who == "" {
		return
	}
	hash := sha256.Sum256([]byte(who))
	s.rare().clientHash = string(hash[:clientLength])
	bound := s.base.head().Client
	if s.standing != live || bound == "" || subtle.ConstantTimeCompare([]byte(bound), []byte(s.more.clientHash)) == 1 {
		return
	}
	s.note(runtime.Event{Kind: runtime.EventClientChanged})
	s.closeOpened()
}
