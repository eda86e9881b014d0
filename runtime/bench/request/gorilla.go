package request

import (
	"net/http"

	"github.com/gorilla/sessions"

	"github.com/sessiongen/sessiongen/runtime/bench/codec"
	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

// gorillaApp is a site with gorilla's CookieStore, which encrypts.
type gorillaApp struct{ store *sessions.CookieStore }

func newGorilla() (app, error) {
	store := sessions.NewCookieStore(secret, []byte(secret))
	// A Max-Age of zero leaves it out; cookies are still refused after 30 days.
	store.Options = &sessions.Options{Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	return gorillaApp{store}, nil
}

func (a gorillaApp) serve(kind Kind, seen *Seen) (server, error) {
	handle := func(*sessions.Session) {}
	sample := content.Sample()
	switch kind {
	case NoCookie, Untouched:
		return newServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	case ReadOne:
		handle = func(s *sessions.Session) { seen.UserID, _ = s.Values[codec.UserID].(int64) }
	case ReadAll:
		handle = func(s *sessions.Session) {
			seen.Content, seen.Err = codec.Gather(func(key string) any { return s.Values[key] })
		}
	case WriteOne:
		handle = func(s *sessions.Session) { s.Values[codec.Theme] = seen.theme() }
	case New:
		handle = func(s *sessions.Session) {
			codec.Scatter(&sample, func(key string, value any) { s.Values[key] = value })
		}
	}
	return newServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := a.store.Get(r, cookieName)
		if seen.Err = err; err != nil {
			return
		}
		handle(s)
		if kind == WriteOne || kind == New {
			if err := s.Save(r, w); err != nil {
				seen.Err = err
			}
		}
		w.WriteHeader(http.StatusOK)
	}))
}

func (gorillaApp) forget([]string) (bool, error) { return false, nil }

func (gorillaApp) size(string) (int, error) { return 0, nil }
