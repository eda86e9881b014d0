package main

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime"
)

func TestWhoIsNotSignedInGetsNoSocket(t *testing.T) {
	withEach(t, func(t *testing.T, socket string) {
		b := start(t, newStore(t), recipe).browser()
		b.visits() // a session alone is nobody's
		if _, response := b.handshake(socket, b.server.URL); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("status %d, want 401", response.StatusCode)
		}
	})
}

// The cookies of the session are there: a page of a sister domain gets them sent.
func TestAPageOfAnotherOriginGetsNoSocket(t *testing.T) {
	withEach(t, func(t *testing.T, socket string) {
		b := start(t, newStore(t), recipe).browser()
		b.send(http.MethodPost, "/login")
		before := b.visits()
		origins := []string{"https://evil.example", "null", strings.Replace(b.server.URL, "127.0.0.1", "127.0.0.1.evil.example", 1), "https://127.0.0.1:1"}
		for _, origin := range origins {
			if _, response := b.handshake(socket, origin); response.StatusCode != http.StatusForbidden {
				t.Errorf("%s: status %d, want 403", origin, response.StatusCode)
			}
		}
		// What the handler changed before it asked the library is kept, refused or not.
		if after := b.visits(); after != before+len(origins)+1 {
			t.Errorf("visits went from %d to %d", before, after)
		}
		b.open(socket).says("hello", "visit 9")
	})
}

func TestMessagesSeeAndAreSeenByOtherRequests(t *testing.T) {
	withEach(t, func(t *testing.T, socket string) {
		b := start(t, newStore(t), recipe).browser()
		b.send(http.MethodPost, "/login") // and a page
		opened := b.open(socket)
		if visits := b.visits(); visits != 3 {
			t.Errorf("after the handshake, a page shows visit %d, want 3", visits)
		}
		opened.says("one", "visit 4")
		if visits := b.visits(); visits != 5 {
			t.Errorf("after a message, a page shows visit %d, want 5", visits)
		}
		opened.says("two", "visit 6")
		b.visits()
		opened.says("", "visit 7")
	})
}

// endings are what other windows and programs do to a session.
var endings = map[string]func(b *browser, visitors *visitor.VisitorManager) error{
	"logout":           func(b *browser, _ *visitor.VisitorManager) error { b.send(http.MethodPost, "/logout"); return nil },
	"signed in afresh": func(b *browser, _ *visitor.VisitorManager) error { b.send(http.MethodPost, "/login"); return nil },
	"revoked": func(b *browser, visitors *visitor.VisitorManager) error {
		_, err := visitors.RevokeByUserID(b.t.Context(), 7)
		return err
	},
}

func TestTheServerClosesTheSocketWhenTheSessionEnds(t *testing.T) {
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			withEach(t, func(t *testing.T, socket string) {
				var visitors *visitor.VisitorManager
				b := start(t, newStore(t), func(v *visitor.VisitorManager) http.Handler { visitors = v; return recipe(v) }).browser()
				b.send(http.MethodPost, "/login")
				opened := b.open(socket)
				opened.says("hello", "visit 3") // Done is being waited for
				if err := end(b, visitors); err != nil {
					t.Fatal(err)
				}
				opened.closes(websocket.ClosePolicyViolation, soon)
			})
		})
	}
}

// silent hides that the store tells of changes, as most do not.
type silent struct {
	runtime.Store
	runtime.Indexer
}

// Done would be closed within ten seconds only. A message is not answered after the end.
func TestAMessageAfterTheEndClosesTheSocket(t *testing.T) {
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			withEach(t, func(t *testing.T, socket string) {
				store := newStore(t)
				var visitors *visitor.VisitorManager
				b := start(t, silent{store, store}, func(v *visitor.VisitorManager) http.Handler { visitors = v; return recipe(v) }).browser()
				b.send(http.MethodPost, "/login")
				opened := b.open(socket)
				opened.says("hello", "visit 3")
				if err := end(b, visitors); err != nil {
					t.Fatal(err)
				}
				opened.send(websocket.TextMessage, []byte("still there"))
				opened.closes(websocket.ClosePolicyViolation, soon)
			})
		})
	}
}

// crossed lets something happen just before a change is stored.
type crossed struct {
	silent
	before atomic.Pointer[func()]
}

func (c *crossed) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	if before := c.before.Swap(nil); before != nil {
		(*before)()
	}
	return c.silent.Update(ctx, id, old, rec, ttl)
}

// A logout between Reload and Commit: the visit is dropped, and the page is not told of one.
func TestAMessageThatALogoutCrossesIsNotAnswered(t *testing.T) {
	withEach(t, func(t *testing.T, socket string) {
		kept := newStore(t)
		store := &crossed{silent: silent{kept, kept}}
		returned := make(chan struct{}, 1)
		s := start(t, store, returning(returned, count))
		b := s.browser()
		b.send(http.MethodPost, "/login")
		opened := b.open(socket)
		logout := func() { b.send(http.MethodPost, "/logout") }
		store.before.Store(&logout)
		opened.send(websocket.TextMessage, []byte("hello"))
		opened.closes(websocket.ClosePolicyViolation, soon)
		<-returned // Done ends the socket before the events are told
		if !s.heard(runtime.EventDropped) {
			t.Error("no event says that the visit was dropped")
		}
	})
}
