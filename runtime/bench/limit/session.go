// Package limit is a session written by hand for one struct: as little as one can do
// and still do the same work as what sessiongen generates. The record is loaded before
// the handler, whether it is asked for or not; a token is an ID and a secret, of which
// the store has the SHA-256; deadlines are checked, and if wanted that the user's ID is
// the one that the session is indexed by; the response is wrapped, so that a change is
// committed before its first byte, against the revision that was loaded; a response that
// depends on the session says Vary: Cookie, and one that sets a cookie is not stored.
//
// What it leaves out is what makes sessiongen more than this: methods that are safe for
// several goroutines, changes that are replayed when another request was faster, fields
// of other versions, renewal, tombstones, events, and stores that can be exchanged.
package limit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
	"unsafe"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

const (
	cookieName = "session"
	attributes = "; Path=/; SameSite=Lax; Secure; HttpOnly"
	idle       = 30 * time.Minute
	lifetime   = 24 * time.Hour
)

type contextKey struct{}

// Session is what belongs to one request. It is the request's context, and the writer
// of the response, so that all of it is one allocation.
type Session struct {
	context.Context
	http.ResponseWriter
	store   *Store
	indexed bool
	userID  int64 // as it was loaded; only if indexed
	id      id
	entry   entry
	found   bool
	content content.Content
	decoded bool
	changed bool
	asked   bool
	begun   bool
	err     error
	lines   [3][1]string
}

// From returns the session of a request.
func From(ctx context.Context) *Session { return ctx.Value(contextKey{}).(*Session) }

// Value is context.Context's.
func (s *Session) Value(key any) any {
	if key == (contextKey{}) {
		s.asked = true
		return s
	}
	return s.Context.Value(key)
}

// Middleware gives next a session. An indexed one is kept with a term of its user's ID,
// and is refused if the two disagree.
func Middleware(store *Store, indexed bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &Session{Context: r.Context(), ResponseWriter: w, store: store, indexed: indexed}
		s.load(r)
		next.ServeHTTP(s, r.WithContext(s))
		s.commit()
	})
}

// keyLength is how much of a record is the hash of the secret.
const keyLength = sha256.Size

func (s *Session) load(r *http.Request) {
	value, found := find(r.Header["Cookie"])
	if !found || len(value) != 64 {
		return
	}
	var encoded [64]byte
	var token [48]byte
	copy(encoded[:], value)
	if _, err := base64.RawURLEncoding.Decode(token[:], encoded[:]); err != nil {
		return
	}
	e, err := s.store.load(id(token[:16]), time.Now())
	if err != nil {
		return
	}
	key := sha256.Sum256(token[16:])
	if subtle.ConstantTimeCompare(key[:], []byte(e.data[:keyLength])) != 1 {
		return
	}
	if s.indexed {
		if s.userID = userID(e.data[keyLength:]); s.userID != 0 && termOf(s.userID) != e.term {
			return
		}
	}
	s.id, s.entry, s.found = id(token[:16]), e, true
}

// termOf is what a session of that user is indexed by.
func termOf(userID int64) term {
	var b [len("user_id") + 1 + 10]byte
	return sha256.Sum256(appendVarint(append(b[:0], "user_id\x00"...), zigzag(userID)))
}

// find looks for the session's cookie. One that is sent twice is none.
func find(lines []string) (value string, found bool) {
	for _, rest := range lines {
		for rest != "" {
			pair := rest
			if end := strings.IndexByte(rest, ';'); end >= 0 {
				pair, rest = rest[:end], rest[end+1:]
			} else {
				rest = ""
			}
			for pair != "" && pair[0] == ' ' {
				pair = pair[1:]
			}
			if len(pair) > len(cookieName) && pair[len(cookieName)] == '=' && pair[:len(cookieName)] == cookieName {
				if found {
					return "", false
				}
				value, found = pair[len(cookieName)+1:], true
			}
		}
	}
	return value, found
}

// UserID reads one field, for which the others need not be decoded.
func (s *Session) UserID() int64 {
	if !s.decoded && s.found {
		return userID(s.entry.data[keyLength:])
	}
	return s.content.UserID
}

func userID(data string) int64 {
	for r := (reader{data: data}); r.next(); {
		if r.number == fieldUserID {
			return unzigzag(r.value)
		}
	}
	return 0
}

// Content reads all fields.
func (s *Session) Content() *content.Content {
	if !s.decoded {
		s.decoded = true
		if s.found {
			s.err = Unmarshal(s.entry.data[keyLength:], &s.content)
		}
	}
	return &s.content
}

// Change reads all fields, which the caller changes.
func (s *Session) Change() *content.Content {
	s.changed = true
	return s.Content()
}

// WriteHeader commits before the response begins.
func (s *Session) WriteHeader(status int) {
	if s.commit(); s.err == nil {
		s.ResponseWriter.WriteHeader(status)
	}
}

func (s *Session) Write(b []byte) (int, error) {
	if s.commit(); s.err != nil {
		return 0, s.err
	}
	return s.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (s *Session) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *Session) commit() {
	if s.begun {
		return
	}
	s.begun = true
	header := s.Header()
	if s.asked {
		s.line(header, "Vary", 0, "Cookie")
	}
	if s.err == nil && s.changed {
		s.err = s.save(header)
	}
	if s.err != nil {
		http.Error(s.ResponseWriter, "Sessions are not available.", http.StatusServiceUnavailable)
	}
}

func (s *Session) line(header http.Header, name string, i int, value string) {
	if header[name] != nil {
		header[name] = append(header[name], value)
		return
	}
	s.lines[i][0] = value
	header[name] = s.lines[i][:]
}

func (s *Session) save(header http.Header) error {
	now := time.Now()
	if s.found {
		next := entry{idle: earlier(now.Add(idle), s.entry.life), life: s.entry.life, term: s.entry.term}
		if s.indexed && s.content.UserID != s.userID {
			next.term = termOf(s.content.UserID)
		}
		rand.Read(next.revision[:])
		next.data = s.encode([]byte(s.entry.data[:keyLength]))
		return s.store.update(s.id, s.entry.revision, next, now)
	}
	var random [16 + 32 + 8]byte
	rand.Read(random[:])
	key := sha256.Sum256(random[16:48])
	made := entry{revision: revision(random[48:]), data: s.encode(key[:]), idle: now.Add(idle), life: now.Add(lifetime)}
	if s.indexed && s.content.UserID != 0 {
		made.term = termOf(s.content.UserID)
	}
	s.store.create(id(random[:16]), made)
	b := make([]byte, 0, len(cookieName)+1+64+len(attributes))
	b = append(append(b, cookieName...), '=')
	b = base64.RawURLEncoding.AppendEncode(b, random[:48])
	b = append(b, attributes...)
	s.line(header, "Set-Cookie", 1, text(b))
	s.line(header, "Cache-Control", 2, "no-store")
	return nil
}

func (s *Session) encode(key []byte) string {
	b := make([]byte, 0, keyLength+size(&s.content))
	return text(appendContent(append(b, key...), &s.content))
}

// text is a string of bytes that nobody changes any more.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
