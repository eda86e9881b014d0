package runtime

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"
)

// LegacySource reads the sessions of the library that an application has moved from.
// [FromSCS] and [FromGorilla] make one; for another store or codec, fill it by hand.
type LegacySource struct {
	// Cookie is the name of the cookie that carries the old session, and must be
	// another one than that of the new. Path, "/" if it is empty, and Domain are what the
	// old library was told: browsers delete a cookie only by them.
	Cookie, Path, Domain string

	// Read returns the values of the session that the request's cookie opens, and nil
	// for none. An error that wraps fs.ErrNotExist, as that of a store of files, says that
	// there is none, too. One that wraps [ErrUnreadable], or is one of securecookie, says
	// that this session will never be readable: the visitor is nobody. After any other one
	// nobody can tell, and the visitor gets the error page: what a store of your own
	// returns for a session that it does not have, such as sql.ErrNoRows, make nil of it.
	Read func(r *http.Request) (map[any]any, error)

	// End makes the session worthless. What it writes to w is thrown away, since the
	// manager tells the browser to forget the cookie. Without End, such as for a session
	// that is all in its cookie, the manager remembers until the end of the move which
	// cookies it has taken over, in a record of its store for each.
	End func(w http.ResponseWriter, r *http.Request) error
}

// ErrUnreadable says of an old session that it cannot be read, now or ever.
var ErrUnreadable = errors.New("sessiongen: the old session cannot be read")

// errAdopted is for a request that was slower than another one with the same old session.
var errAdopted = errors.New("another request has taken over the old session meanwhile: try again")

// longestLegacy is how far off the end of a move may be.
const longestLegacy = 366 * 24 * time.Hour

// takeover is what the manager knows of the library that the application has moved from.
type takeover struct {
	until  time.Time
	source LegacySource
	fill   func(s *Session, old map[any]any) error
	visits reflect.Type // of the session that fill is for
	cookie *cookie      // the old one, to delete it
}

// WithLegacy keeps visitors signed in while an application moves here from another
// library. Until a moment, a request without a session of ours whose old cookie opens an
// old one gets a new session: fill sets its fields from the old values, and the
// first commit of that request stores it, under a secret of its own, before the old
// session is ended and the browser told to forget the old cookie.
//
//	runtime.WithLegacy(until, runtime.FromSCS("session", oldStore),
//		func(v *web.Visitor, old map[any]any) error {
//			if id, ok := old["user_id"].(int64); ok {
//				v.SetUserID(id)
//			}
//			return nil
//		})
//
// fill may also look at what is not in the session, such as whether the account still
// exists, and should set fields and do nothing else; Remember excepted. If it returns an
// error or panics, the visitor is nobody, and the old session stays as it is. Types that
// the old program registered with gob have to be registered under the same names.
//
// An old session is taken over once: neither its cookie nor a copy of it opens
// anything afterwards, be it after a logout or in two requests at the same time. Of these,
// each sees the old values, one commits, and another that has changed something itself
// gets the error page. A request that comes after the first was answered, and still has the
// old cookie alone, is nobody's; for a minute it gets no session cookie unless it signs in,
// since the browser has a better one.
// With gorilla's CookieStore, each response that saved made another cookie with the same
// session. Earlier ones cannot be told from the one that was taken over, so a copy of one
// opens what it opened in the old program, until it is as old as its codec allows or
// until the end: let that be soon, and change the old keys if that matters. RevokeBy knows
// nothing of old sessions that were not taken over: revoke those in the old store, or
// have fill ask.
//
// HEAD and prefetching requests take over, too: the browser keeps the cookies of their responses.
//
// Let the old program stop before the new one starts. Where both run at once, a request that
// the old one answers late may store the old session again; once that of ours has ended, a copy
// of the old cookie opens it.
//
// A deploy that is taken back signs out whoever was taken over, since their old sessions have
// ended; they sign in again, and whichever program comes next, the session of ours wins.
//
// The lifetime begins anew, but nobody counts as having signed in just now: Info has no
// AuthenticatedAt, and AuthenticatedWithin is false.
//
// The manager refuses an end more than a year ahead. One that has passed makes the option
// do nothing but raise an event: take it away then. Sealed sessions cannot be filled this
// way, since there is no store to remember in.
func WithLegacy[T any](until time.Time, source LegacySource, fill func(session *T, old map[any]any) error) Option {
	return func(m *Manager) {
		m.takeover = &takeover{until: until, source: source, visits: reflect.TypeFor[*T]()}
		if fill != nil {
			m.takeover.fill = func(s *Session, old map[any]any) error { return fill(s.self.(*T), old) }
		}
	}
}

func (m *Manager) checkLegacy() (err error) {
	l := m.takeover
	if l == nil {
		return nil
	}
	own := reflect.TypeOf(m.schema.New().self)
	switch {
	case m.keeper == nil:
		return errors.New("WithLegacy fills sessions, and the schema has only cookies: take it away, or tag a field session")
	case m.sealed:
		return errors.New("WithLegacy needs a store, to take each old session over once, and sealed sessions have none: use a store until the move is over")
	case l.fill == nil || l.source.Read == nil:
		return errors.New("WithLegacy lacks a function: give it one that fills a session, and a source that can Read, such as runtime.FromSCS")
	case l.visits != own:
		return fmt.Errorf("WithLegacy has a function that fills a %v: give it one for %v", l.visits, own)
	case l.source.Cookie == m.cookie.options.Name:
		return fmt.Errorf("WithLegacy reads the cookie %s, which is our own session cookie: give that another name in its tag", l.source.Cookie)
	case l.until.IsZero() || l.until.Sub(m.clock()) > longestLegacy:
		return fmt.Errorf("WithLegacy ends at %s, and a move takes no longer than a year: give it the day on which the last old session is too old", l.until.Format(time.DateOnly))
	}
	options := CookieOptions{Name: l.source.Cookie, Path: l.source.Path, Domain: l.source.Domain, Secure: true, HTTPOnly: true}
	if options.Path == "" {
		options.Path = "/"
	}
	if l.cookie, err = m.newCookie(options); err != nil {
		return fmt.Errorf("WithLegacy: %w", err)
	}
	if !m.clock().Before(l.until) {
		m.raise(context.Background(), Event{Kind: NotAdopted, Field: l.source.Cookie,
			Reason: "the end of the move has passed: take WithLegacy away"})
		m.takeover = nil
	}
	return nil
}

// oldCookie is the only value of the old cookie, "" for none. Of several, one was planted.
func (l *takeover) oldCookie(r *http.Request) (value string, several bool) {
	scanner := cookieScanner{lines: r.Header["Cookie"]}
	for {
		next, found := scanner.next(l.source.Cookie)
		switch {
		case !found:
			return value, false
		case value == "":
			value = next
		case next != "" && next != value:
			return "", true
		}
	}
}

// wellFormed reports whether a cookie has one spelling, since it is remembered by that: net/http
// removes quotes, and base64 may have bits to spare.
func (l *takeover) wellFormed(value string) bool {
	if len(value) > maxCookie || strings.ContainsAny(value, "\" \t") {
		return false
	}
	if l.source.End != nil {
		return true
	}
	for _, encoding := range []*base64.Encoding{base64.URLEncoding, base64.RawURLEncoding, base64.StdEncoding, base64.RawStdEncoding} {
		if decoded, err := encoding.Strict().DecodeString(value); err == nil && encoding.EncodedLen(len(decoded)) == len(value) {
			return true
		}
	}
	return false
}

// Old sessions have two IDs in our store, both made of their cookie's value: that of the
// session which takes over, so that only one can, and that of the record which remembers it
// where the old one cannot be ended.
func (l *takeover) newID(purpose, value string) (id ID) {
	hash := sha256.New()
	for _, part := range []string{"sessiongen legacy", purpose, l.source.Cookie, value} {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	copy(id[:], hash.Sum(nil))
	return id
}
