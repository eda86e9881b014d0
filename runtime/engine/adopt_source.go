package engine

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

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
	"github.com/sessiongen/sessiongen/runtime/legacy"
)

// errAdopted is for a request that was slower than another one with the same old session.
var errAdopted = errors.New("another request has taken over the old session meanwhile: try again")

// longestLegacy is how far off the end of a move may be.
const longestLegacy = 366 * 24 * time.Hour

// takeover is what the manager knows of the library that the application has moved from.
type takeover struct {
	*legacy.Takeover
	cookie *cookieSpec // the old one, to delete it
}

func (m *Manager) checkLegacy() (err error) {
	if m.options.Legacy == nil {
		return nil
	}
	l := &takeover{Takeover: m.options.Legacy}
	own := reflect.TypeOf(m.schema.New().self)
	switch {
	case m.keeper == nil:
		return errors.New("WithLegacy fills sessions, and the schema has only cookies: take it away, or tag a field session")
	case m.sealed:
		return errors.New("WithLegacy needs a store, to take each old session over once, and sealed sessions have none: use a store until the move is over")
	case l.Fill == nil || l.Source.Read == nil:
		return errors.New("WithLegacy lacks a function: give it one that fills a session, and a source that can Read, such as legacy.FromSCS")
	case l.Session != own:
		return fmt.Errorf("WithLegacy has a function that fills a %v: give it one for %v", l.Session, own)
	case l.Source.Cookie == m.cookie.options.Name:
		return fmt.Errorf("WithLegacy reads the cookie %s, which is our own session cookie: give that another name in its tag", l.Source.Cookie)
	case l.Until.IsZero() || l.Until.Sub(m.options.Clock()) > longestLegacy:
		return fmt.Errorf("WithLegacy ends at %s, and a move takes no longer than a year: give it the day on which the last old session is too old", l.Until.Format(time.DateOnly))
	}
	options := cookie.Options{Name: l.Source.Cookie, Path: l.Source.Path, Domain: l.Source.Domain, Secure: true, HTTPOnly: true}
	if options.Path == "" {
		options.Path = "/"
	}
	if l.cookie, err = m.newCookie(options); err != nil {
		return fmt.Errorf("WithLegacy: %w", err)
	}
	if !m.options.Clock().Before(l.Until) {
		m.raise(context.Background(), runtime.Event{Kind: runtime.EventNotAdopted, Field: l.Source.Cookie,
			Reason: "the end of the move has passed: take WithLegacy away"})
		return nil
	}
	m.takeover = l
	return nil
}

// oldCookie is the only value of the old cookie, "" for none. Of several, one was planted.
func (l *takeover) oldCookie(r *http.Request) (value string, several bool) {
	scanner := header.Scanner{Lines: r.Header["Cookie"]}
	for {
		next, found := scanner.Next(l.Source.Cookie)
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
	if len(value) > cookie.MaxSize || strings.ContainsAny(value, "\" \t") {
		return false
	}
	if l.Source.End != nil {
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
func (l *takeover) newID(purpose, value string) (id runtime.ID) {
	hash := sha256.New()
	for _, part := range []string{"sessiongen legacy", purpose, l.Source.Cookie, value} {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	copy(id[:], hash.Sum(nil))
	return id
}
