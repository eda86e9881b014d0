package main

import (
	"context"
	"errors"
	"net/http"
	"testing"

	coder "github.com/coder/websocket"
	"github.com/gorilla/websocket"
	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// upgrades are handlers for anybody: they change what needs cookies, upgrade, and wait until
// the browser closes the socket.
func upgrades(visitors *visitor.VisitorManager) http.Handler {
	change := func(r *http.Request) {
		v := visitor.VisitorFrom(r.Context())
		v.AddVisits(1)
		v.SetTheme("dark")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("GET /coder", func(w http.ResponseWriter, r *http.Request) {
		change(r)
		if conn, err := coder.Accept(w, r, nil); err == nil {
			<-conn.CloseRead(r.Context()).Done()
		}
	})
	mux.HandleFunc("GET /gorilla", func(w http.ResponseWriter, r *http.Request) {
		change(r)
		if conn, err := new(websocket.Upgrader).Upgrade(w, r, w.Header()); err == nil {
			defer conn.Close()
			_, _, _ = conn.ReadMessage()
		}
	})
	return visitors.Middleware(mux)
}

func TestTheHandshakeCarriesTheCookiesOfWhatIsChangedBefore(t *testing.T) {
	withEach(t, func(t *testing.T, socket string) {
		b := start(t, newStore(t), upgrades).browser()
		b.open(socket)
		if !b.has("__Host-visitor") || !b.has("theme") {
			t.Errorf("the browser has a session: %t, a theme: %t", b.has("__Host-visitor"), b.has("theme"))
		}
		if visits := b.visits(); visits != 2 {
			t.Errorf("while the socket is open, a page shows visit %d, want 2", visits)
		}
	})
}

func TestThereIsNoSocketIfTheCommitFails(t *testing.T) {
	withEach(t, func(t *testing.T, socket string) {
		store := newStore(t)
		s := start(t, broken{silent{store, store}}, upgrades)
		b := s.browser()
		if _, response := b.handshake(socket, b.server.URL); response.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", response.StatusCode)
		}
		if b.has("__Host-visitor") || b.has("theme") {
			t.Error("cookies were sent all the same")
		}
		if !s.heard(runtime.EventStoreFailed) {
			t.Error("no event says that the store has failed")
		}
	})
}

// broken is a store whose disk is full.
type broken struct{ silent }

func (broken) Create(context.Context, runtime.ID, runtime.Record, runtime.TTL) error {
	return errors.New("disk full")
}

// change is an answer by which tests say what a handler does after the handshake.
func change(ctx context.Context, v *visitor.Visitor, message string) (string, error) {
	switch message {
	case "visit":
		v.AddVisits(10)
		return "not committed", nil
	case "sign in":
		v.SetUserID(8)
	case "theme":
		v.SetTheme("dark")
	case "crash":
		panic(http.ErrAbortHandler)
	}
	switch err := v.Commit(ctx); {
	case errors.Is(err, runtime.ErrTooLate):
		return "too late", nil
	default:
		return "kept", err
	}
}

// returning is the recipe with another answer. It tells when a socket's handler, and the
// middleware, have returned.
func returning(returned chan<- struct{}, answer answer) func(*visitor.VisitorManager) http.Handler {
	return func(visitors *visitor.VisitorManager) http.Handler {
		program := routes(visitors, answer)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Upgrade") != "" {
				defer func() { returned <- struct{}{} }()
			}
			program.ServeHTTP(w, r)
		})
	}
}

func TestWhatIsNotCommittedIsKeptWhenTheHandlerReturns(t *testing.T) {
	withEach(t, func(t *testing.T, socket string) {
		returned := make(chan struct{}, 1)
		s := start(t, newStore(t), returning(returned, change))
		b := s.browser()
		b.send(http.MethodPost, "/login")
		opened := b.open(socket)
		opened.says("visit", "not committed")
		if visits := b.visits(); visits != 3 {
			t.Errorf("before the commit, a page shows visit %d, want 3", visits)
		}
		opened.says("commit", "kept")
		if visits := b.visits(); visits != 14 {
			t.Errorf("after it, a page shows visit %d, want 14", visits)
		}
		opened.says("visit", "not committed")
		if visits := b.visits(); visits != 15 {
			t.Errorf("before the handler returns, a page shows visit %d, want 15", visits)
		}
		opened.conn.Close() // as a browser that is killed
		<-returned
		if visits := b.visits(); visits != 26 {
			t.Errorf("after it, a page shows visit %d, want 26", visits)
		}
	})
}

func TestWhatIsNotCommittedIsLostInAPanic(t *testing.T) {
	withEach(t, func(t *testing.T, socket string) {
		returned := make(chan struct{}, 1)
		b := start(t, newStore(t), returning(returned, change)).browser()
		b.send(http.MethodPost, "/login")
		opened := b.open(socket)
		opened.says("visit", "not committed")
		opened.send(websocket.TextMessage, []byte("crash"))
		<-returned
		if visits := b.visits(); visits != 3 {
			t.Errorf("a page shows visit %d, want 3", visits)
		}
	})
}

// What cannot be kept takes with it what was changed together with it. The socket goes on.
func TestWhatNeedsACookieIsTooLateAfterTheHandshake(t *testing.T) {
	for _, message := range []string{"sign in", "theme"} {
		t.Run(message, func(t *testing.T) {
			withEach(t, func(t *testing.T, socket string) {
				returned := make(chan struct{}, 1)
				s := start(t, newStore(t), returning(returned, change))
				b := s.browser()
				b.send(http.MethodPost, "/login")
				opened := b.open(socket)
				opened.says("visit", "not committed")
				opened.says(message, "too late")
				if !s.heard(runtime.EventTooLate) {
					t.Error("no event says so")
				}
				if visits := b.visits(); visits != 3 {
					t.Errorf("a page shows visit %d, want 3", visits)
				}
				opened.says("visit", "not committed")
				opened.says("commit", "kept")
				if visits := b.visits(); visits != 14 {
					t.Errorf("after the next commit, a page shows visit %d, want 14", visits)
				}
				if b.has("theme") {
					t.Error("the theme's cookie was sent")
				}
			})
		})
	}
}

// A session that is kept in its cookie is changed by the handshake, and by nothing after it.
func TestASealedSessionCannotBeChangedInASocket(t *testing.T) {
	withEach(t, func(t *testing.T, socket string) {
		keys, err := runtime.NewKeys([]byte("0f9c1e5b7a3d48626f1b9e07c5d2a48e"))
		if err != nil {
			t.Fatal(err)
		}
		store, err := sealed.New(keys, sealed.WithRevocations(newStore(t)))
		if err != nil {
			t.Fatal(err)
		}
		s := start(t, store, recipe)
		b := s.browser()
		b.send(http.MethodPost, "/login")
		opened := b.open(socket)
		if visits := b.visits(); visits != 3 {
			t.Errorf("after the handshake, a page shows visit %d, want 3", visits)
		}
		opened.send(websocket.TextMessage, []byte("hello"))
		opened.closes(websocket.CloseInternalServerErr, soon)
		if !s.heard(runtime.EventTooLate) {
			t.Error("no event says that it was too late")
		}
	})
}
