package engine

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/sessiongen/sessiongen/runtime"
)

// clientLength is how many bytes of the hash of its client a record holds.
const clientLength = 16

// checkClient makes a request anonymous if its session is bound to another client. It runs
// before the handler, so the lock is not needed.
func (s *Session) checkClient() {
	m := s.manager
	if m.options.ClientCheck == nil {
		return
	}
	client := m.options.ClientCheck(s.request)
	if client == "" {
		return
	}
	hash := sha256.Sum256([]byte(client))
	s.rare().clientHash = string(hash[:clientLength])
	bound := s.base.head().Client
	if s.standing != live || bound == "" || subtle.ConstantTimeCompare([]byte(bound), []byte(s.more.clientHash)) == 1 {
		return
	}
	s.note(runtime.Event{Kind: runtime.EventClientChanged})
	s.closeOpened()
}
