// Package cookie carries the content in a signed and in an encrypted cookie, by a cookie
// tag of ours and by gorilla/securecookie.
package cookie

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/securecookie"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/bench/content"
	"github.com/sessiongen/sessiongen/runtime/bench/visitor"
)

// Way is a way to carry it.
type Way struct {
	Name  string
	Write func(w http.ResponseWriter, c *content.Content) error
	Read  func(r *http.Request, c *content.Content) error
}

var (
	hash  = []byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9")
	block = []byte("W3nRb6YtQz9KfLx2VcMh8SgJp4DaEu7C")
)

var errAbsent = errors.New("the cookie is absent or refused")

// All are the ways: signed ones and then encrypted ones, ours first of each.
func All() ([]Way, error) {
	keys, err := runtime.NewKeys(hash)
	if err != nil {
		return nil, err
	}
	quiet := runtime.WithEvents(func(context.Context, runtime.Event) {})
	baskets, err := visitor.NewBasketManager(runtime.WithKeys(keys), quiet)
	if err != nil {
		return nil, err
	}
	return []Way{
		ours("signed, sessiongen", baskets.SignedCookie()),
		secure("signed, securecookie JSON", nil, securecookie.JSONEncoder{}),
		secure("signed, securecookie gob", nil, securecookie.GobEncoder{}),
		ours("encrypted, sessiongen", baskets.SealedCookie()),
		secure("encrypted, securecookie JSON", block, securecookie.JSONEncoder{}),
		secure("encrypted, securecookie gob", block, securecookie.GobEncoder{}),
	}, nil
}

func ours(name string, cookie runtime.Cookie[content.Content]) Way {
	return Way{
		Name:  name,
		Write: func(w http.ResponseWriter, c *content.Content) error { return cookie.Write(w, *c) },
		Read: func(r *http.Request, c *content.Content) error {
			value, found := cookie.Read(r)
			if !found {
				return errAbsent
			}
			*c = value
			return nil
		},
	}
}

func secure(name string, block []byte, serializer securecookie.Serializer) Way {
	const cookieName = "basket_x" // as long as ours
	codec := securecookie.New(hash, block).SetSerializer(serializer)
	return Way{
		Name: name,
		Write: func(w http.ResponseWriter, c *content.Content) error {
			value, err := codec.Encode(cookieName, c)
			if err != nil {
				return err
			}
			http.SetCookie(w, &http.Cookie{Name: cookieName, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
			return nil
		},
		Read: func(r *http.Request, c *content.Content) error {
			cookie, err := r.Cookie(cookieName)
			if err != nil {
				return err
			}
			*c = content.Content{}
			return codec.Decode(cookieName, cookie.Value, c)
		},
	}
}

// Trip is a cookie on its way: it is written into one header and read from another.
type Trip struct {
	way     Way
	sample  content.Content
	headers http.Header
	request *http.Request
	read    content.Content
	last    string
}

// response is a http.ResponseWriter for a header.
type response struct{ *Trip }

func (r response) Header() http.Header         { return r.headers }
func (r response) Write(b []byte) (int, error) { return len(b), nil }
func (r response) WriteHeader(int)             {}

// NewTrip writes the sample's cookie and gives it to the request.
func NewTrip(way Way) (*Trip, error) {
	r, err := http.NewRequest(http.MethodGet, "https://shop.example/", nil)
	if err != nil {
		return nil, err
	}
	t := &Trip{way: way, sample: content.Sample(), headers: http.Header{}, request: r}
	if err := t.Write(); err != nil {
		return nil, err
	}
	cookie, err := t.sent()
	if err != nil {
		return nil, err
	}
	r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	if err := t.Read(); err != nil {
		return nil, err
	}
	if !t.read.Equal(&t.sample) {
		return nil, fmt.Errorf("%s: read %+v", way.Name, t.read)
	}
	return t, nil
}

func (t *Trip) sent() (*http.Cookie, error) {
	lines := t.headers["Set-Cookie"]
	if len(lines) != 1 {
		return nil, fmt.Errorf("%s: %d cookies", t.way.Name, len(lines))
	}
	return http.ParseSetCookie(lines[0])
}

// Write sends the cookie. The content differs from one time to the next, so no two
// cookies may be the same.
func (t *Trip) Write() error {
	clear(t.headers)
	t.sample.UserID++
	if err := t.way.Write(response{t}, &t.sample); err != nil {
		return fmt.Errorf("%s: %w", t.way.Name, err)
	}
	lines := t.headers["Set-Cookie"]
	if len(lines) != 1 || lines[0] == t.last {
		return fmt.Errorf("%s: sent %d cookies, or the same as before", t.way.Name, len(lines))
	}
	t.last = lines[0]
	return nil
}

// Read reads the cookie of the request.
func (t *Trip) Read() error {
	if err := t.way.Read(t.request, &t.read); err != nil {
		return fmt.Errorf("%s: %w", t.way.Name, err)
	}
	return nil
}

// Length is that of the cookie with its name, as a browser sends it.
func (t *Trip) Length() int { return len(t.request.Header.Get("Cookie")) }
