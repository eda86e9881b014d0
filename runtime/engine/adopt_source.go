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

// errAdopted is the error of a request that was slower than another one with the same old
// session.
var errAdopted = errors.New("another request has taken over the old session meanwhile: try again")

// longestLegacy bounds how far ahead the end of a move may be.
const longestLegacy = 366 * 24 * time.Hour

// takeover describes the library that the application has moved from.
type takeover struct {
	*legacy.Takeover
	cookie *cookieSpec // the cookie of the old library, to delete it
	label  string      // of the new sessions
}

func (m *Manager) checkLegacy() (err error) {
	if m.options.Legacy == nil {
		return nil
	}
	l := &takeover{Takeover: m.options.Legacy, label: m.label}
	own := reflect.TypeOf(m.schema.New().self)
	switch {
	case m.keeper == nil:
		return errors.New("WithLegacy fills sessions, but the schema has only cookies: remove WithLegacy, or tag a field session")
	case m.sealed:
		return errors.New("WithLegacy does not work with sealed sessions, because only a store can ensure that each old session is taken over once: use a store until the move is over")
	case len(m.labels) > 1:
		return errors.New("WithLegacy and an earlier name of WithApplication exclude each other, because each name would take an old session over once: remove the earlier names until the move is over")
	case l.Fill == nil || l.Source.Read == nil:
		return errors.New("WithLegacy lacks a function: pass one that fills a session, and a source with a Read function, such as legacy.FromSCS")
	case l.Session != own:
		return fmt.Errorf("WithLegacy has a function that fills a %v: pass one that fills a %v", l.Session, own)
	case l.Source.Cookie == m.cookie.options.Name:
		return fmt.Errorf("WithLegacy reads the cookie %s, which is the name of the new session cookie: give the new cookie another name in its tag", l.Source.Cookie)
	case l.Until.IsZero() || l.Until.Sub(m.options.Clock()) > longestLegacy:
		return fmt.Errorf("WithLegacy ends at %s, but a move takes no longer than a year: pass the day on which the last old session expires", l.Until.Format(time.DateOnly))
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
			Reason: "the end of the move has passed: remove WithLegacy"})
		return nil
	}
	m.takeover = l
	return nil
}

// oldCookie returns the only value of the old cookie, or "". If the request carries several
// values, one of them was planted.
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

// wellFormed reports whether a value has only one spelling, since the old session is identified
// by it. net/http removes quotes, and base64 may have spare bits.
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

// newID derives an ID from the value of the old cookie. An old session has two: the ID of the
// session that takes over, so that only one can, and the ID of the record that says so if the
// old session cannot be ended. The label keeps the IDs apart from those of another schema that
// takes over the same old session.
func (l *takeover) newID(purpose, value string) (id runtime.ID) {
	hash := sha256.New()
	for _, part := range []string{"sessiongen legacy", purpose, l.label, l.Source.Cookie, value} {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	copy(id[:], hash.Sum(nil))
	return id
}
