package engine

import (
	"cmp"
	"net/http"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// CookieField describes a cookie field with values of type T. Generated code builds it and does
// not change it afterwards.
type CookieField[T any] struct {
	Index   int // the index of the field; session fields come first
	Options cookie.Options
	Text    cookie.Text[T]
	Default T // the value of the getter while the cookie is absent
}

// CookieDescriptor is a [CookieField] of any type.
type CookieDescriptor interface {
	options() cookie.Options
	index() int
	show(s *Session, c *CookieState) (any, bool)
}

func (f *CookieField[T]) options() cookie.Options { return f.Options }
func (f *CookieField[T]) index() int              { return f.Index }

// show returns the value to print. The caller holds the lock.
func (f *CookieField[T]) show(s *Session, c *CookieState) (any, bool) {
	if c.state&cookieChanged != 0 {
		value, err := f.Text.Parse(c.text)
		return value, err == nil && c.state&cookiePresent != 0
	}
	return f.read(s.manager, s.request, nil)
}

// CookieState is the state of one cookie field in a request.
type CookieState struct {
	state cookieBits
	text  string // the value to send, before it is protected
	err   error  // why the value cannot be sent
}

type cookieBits uint8

const (
	cookieRead    cookieBits = 1 << iota // the storage holds the value
	cookiePresent                        // the browser has sent a valid value, or this request sends one
	cookieChanged                        // to be sent or deleted
)

// maxAttempts bounds the values of one cookie that a request has parsed.
const maxAttempts = 8

// maxRefusals bounds the events that one request can raise about one cookie.
const maxRefusals = 3

// read returns the first valid value that the request carries under the name of the cookie, or
// else under its earlier name. It tries a limited number of values: a browser has one cookie
// for each path and domain, and parsing a value can cost more than sending it.
func (f *CookieField[T]) read(m *Manager, r *http.Request, refused func(c *cookieSpec, reason error)) (T, bool) {
	refusals := 0
	for c := m.cookies[f.Index-len(m.schema.Fields)]; c != nil; c = c.was {
		scanner := header.Scanner{Lines: r.Header["Cookie"]}
		for range maxAttempts {
			value, found := scanner.Next(c.options.Name)
			if !found {
				break
			}
			text, err := c.unprotect(value)
			if err == nil {
				var parsed T
				if parsed, err = f.Text.Parse(text); err == nil {
					return parsed, true
				}
			}
			if legacy, ok := legacyCookie(m, c, &f.Text, value); ok {
				return legacy, true
			}
			if refusals++; refused != nil && refusals <= maxRefusals {
				refused(c, err)
			}
		}
	}
	return f.Default, false
}

// stateOf fills the storage of a field and returns the state of the field. The caller holds the
// lock.
func stateOf[T any](s *Session, f *CookieField[T], p *T) *CookieState {
	c := &s.cookies[f.Index-len(s.fields)]
	if c.state&cookieRead == 0 {
		c.state |= cookieRead
		var refusals refusals
		value, found := f.read(s.manager, s.request, func(refused *cookieSpec, reason error) {
			s.note(s.manager.refused(refused, reason))
			refusals.add(refused, reason)
		})
		s.discardJunk(&refusals, found)
		*p = value
		if found {
			c.state |= cookiePresent
		}
	}
	return c
}

// GetCookie returns the value of a cookie field, or its default.
func GetCookie[T any](s *Session, f *CookieField[T], p *T) T {
	s.lock()
	defer s.unlock()
	stateOf(s, f, p)
	return *p
}

// HasCookie reports whether the browser has sent a valid value, or this request has set one.
func HasCookie[T any](s *Session, f *CookieField[T], p *T) bool {
	s.lock()
	defer s.unlock()
	return stateOf(s, f, p).state&cookiePresent != 0
}

// SetCookie sends the cookie with the response.
func SetCookie[T any](s *Session, f *CookieField[T], p *T, value T) {
	if !s.lockToChange(f.Index) {
		return
	}
	defer s.unlock()
	c := &s.cookies[f.Index-len(s.fields)]
	*p = value
	c.text, c.err = f.Text.Format(value)
	c.state = cookieRead | cookiePresent | cookieChanged
}

// ClearCookie makes the browser delete the cookie.
func ClearCookie[T any](s *Session, f *CookieField[T], p *T) {
	if !s.lockToChange(f.Index) {
		return
	}
	defer s.unlock()
	*p = f.Default
	s.cookies[f.Index-len(s.fields)] = CookieState{state: cookieRead | cookieChanged}
}

// cookieLine is a Set-Cookie header to send.
type cookieLine struct {
	name, line string
	cleared    bool // the request has cleared the cookie
}

// cookieLines prepares the cookies to send. A value that cannot be sent is found here, before
// anything is stored.
func (s *Session) cookieLines() (lines []cookieLine, problem error) {
	for i := range s.cookies {
		state, c := &s.cookies[i], s.manager.cookies[i]
		if state.state&cookieChanged == 0 {
			continue
		}
		if state.state&cookiePresent == 0 {
			first := len(lines)
			lines = c.appendDeletions(lines)
			for i := range lines[first:] {
				lines[first+i].cleared = true
			}
			continue
		}
		value, err := "", state.err
		if err != nil {
			err = unsendable(&c.options, err)
		} else {
			value, err = c.protect(state.text)
		}
		if err != nil {
			problem = cmp.Or(problem, err)
			continue
		}
		lines = c.was.appendDeletions(append(lines, c.set(value)))
	}
	return lines, problem
}

// discardCookies discards the changes of cookie fields.
func (s *Session) discardCookies() {
	for i := range s.cookies {
		s.cookies[i].state &^= cookieChanged
	}
}

// forgetSetCookies discards the changes of cookie fields except deletions. Getters return again
// what the browser has sent.
func (s *Session) forgetSetCookies() {
	for i := range s.cookies {
		if c := &s.cookies[i]; c.state&cookieChanged != 0 && c.state&cookiePresent != 0 {
			*c = CookieState{}
		}
	}
}

// boundCookie is a cookie field together with the manager whose keys protect it.
type boundCookie[T any] struct {
	manager *Manager
	field   *CookieField[T]
}

// BindCookie gives a cookie field the manager's keys.
func BindCookie[T any](m *Manager, f *CookieField[T]) runtime.Cookie[T] { return boundCookie[T]{m, f} }

func (c boundCookie[T]) cookie() *cookieSpec {
	return c.manager.cookies[c.field.Index-len(c.manager.schema.Fields)]
}

func (c boundCookie[T]) Read(r *http.Request) (value T, found bool) {
	s, inside := r.Context().Value(c.manager).(*Session)
	if inside {
		s.asked.Store(true)
	}
	var refusals refusals
	value, found = c.field.read(c.manager, r, func(refused *cookieSpec, reason error) {
		e := c.manager.refused(refused, reason)
		e.Method, e.Route = r.Method, routeOf(r)
		c.manager.raise(r.Context(), e)
		refusals.add(refused, reason)
	})
	if inside && refusals.junk != nil {
		s.mu.Lock()
		s.discardJunk(&refusals, found)
		s.unlock()
	}
	return value, found
}

func (c boundCookie[T]) Write(w http.ResponseWriter, value T) error {
	text, err := c.field.Text.Format(value)
	if err != nil {
		return unsendable(&c.field.Options, err)
	}
	protected, err := c.cookie().protect(text)
	if err != nil {
		return err
	}
	for _, l := range c.cookie().was.appendDeletions([]cookieLine{c.cookie().set(protected)}) {
		header.SetCookie(w.Header(), l.name, l.line, new(header.Room))
	}
	return nil
}

func (c boundCookie[T]) Delete(w http.ResponseWriter) {
	for _, l := range c.cookie().appendDeletions(nil) {
		header.SetCookie(w.Header(), l.name, l.line, new(header.Room))
	}
}
