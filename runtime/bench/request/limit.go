package request

import (
	"context"
	"net/http"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
	"github.com/sessiongen/sessiongen/runtime/bench/limit"
)

// byHand is the session written for this one struct.
type byHand struct {
	store   *limit.Store
	indexed bool // by the user's ID
}

func newByHand(indexed bool) func() (app, error) {
	return func() (app, error) { return &byHand{limit.NewStore(), indexed}, nil }
}

func (b *byHand) serve(kind Kind, seen *Seen) (server, error) {
	sample := content.Sample()
	handle := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
	switch kind {
	case ReadOne:
		handle = func(w http.ResponseWriter, r *http.Request) {
			seen.UserID = limit.From(r.Context()).UserID()
			w.WriteHeader(http.StatusOK)
		}
	case ReadAll:
		handle = func(w http.ResponseWriter, r *http.Request) {
			seen.Content = *limit.From(r.Context()).Content()
			w.WriteHeader(http.StatusOK)
		}
	case WriteOne:
		handle = func(w http.ResponseWriter, r *http.Request) {
			limit.From(r.Context()).Change().Theme = seen.theme()
			w.WriteHeader(http.StatusOK)
		}
	case New:
		handle = func(w http.ResponseWriter, r *http.Request) {
			*limit.From(r.Context()).Change() = sample
			w.WriteHeader(http.StatusOK)
		}
	}
	return newServer(limit.Middleware(b.store, b.indexed, http.HandlerFunc(handle)))
}

// forget clears the map, which keeps its room.
func (b *byHand) forget([]string) (bool, error) {
	b.store.Clear()
	return false, nil
}

func (b *byHand) size(string) (int, error) { return b.store.Bytes(), nil }

// nothing is a handler with one value in its context: what is left when there is no
// session at all.
type nothing struct{}

type nothingKey struct{}

func newNothing() (app, error) { return nothing{}, nil }

func (nothing) serve(_ Kind, seen *Seen) (server, error) {
	value := &Seen{UserID: content.Sample().UserID, Content: content.Sample()}
	// The handler is called as any other, so that the compiler cannot leave out a request
	// whose use it sees.
	var next http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value := r.Context().Value(nothingKey{}).(*Seen)
		seen.UserID, seen.Content = value.UserID, value.Content
		w.WriteHeader(http.StatusOK)
	})
	return newServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nothingKey{}, value)))
	}))
}

func (nothing) forget([]string) (bool, error) { return false, nil }

func (nothing) size(string) (int, error) { return 0, nil }
