package request

import (
	"strings"
	"testing"
)

// liar is a site whose requests of one kind see and write something else than they say.
type liar struct {
	app
	about Kind
}

func (l liar) serve(kind Kind, seen *Seen) (server, error) {
	s, err := l.app.serve(kind, seen)
	if kind == l.about {
		s = lyingServer{s, seen}
	}
	return s, err
}

type lyingServer struct {
	server
	seen *Seen
}

func (l lyingServer) serve() int {
	status := l.server.serve()
	l.seen.UserID++
	l.seen.Content.Theme = "another"
	l.seen.count++
	return status
}

// A figure of a library that forgets, or reads something else, is none.
func TestTrap_WhatIsWrongIsNotMeasured(t *testing.T) {
	for kind, complaint := range map[Kind]string{ReadOne: "user", ReadAll: "content", WriteOne: "stored"} {
		l := &Library{Name: "liar", open: func() (app, error) {
			honest, err := newByHand(false)()
			return liar{honest, kind}, err
		}}
		if err := l.Verify(); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%s: it passes, or for another reason: %v", kind, err)
		}
	}
}
