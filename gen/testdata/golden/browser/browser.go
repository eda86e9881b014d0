// Package browser is what the programs of the golden cases visit their handlers
// with: it keeps cookies as a browser does, without expiry.
package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
)

// Browser keeps the cookies of one visitor.
type Browser struct{ cookies []*http.Cookie }

// Visit sends a GET request through middleware to handler and prints what went
// wrong, if anything did.
func (b *Browser) Visit(middleware func(http.Handler) http.Handler, handler http.HandlerFunc) {
	r := httptest.NewRequest(http.MethodGet, "https://golden.example/", nil)
	for _, cookie := range b.cookies {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	middleware(handler).ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		fmt.Println(w.Code, w.Body)
	}
	for _, cookie := range w.Result().Cookies() {
		b.cookies = slices.DeleteFunc(b.cookies, func(old *http.Cookie) bool { return old.Name == cookie.Name })
		if cookie.MaxAge >= 0 {
			b.cookies = append(b.cookies, cookie)
		}
	}
}

// Header is the Cookie header of the next request.
func (b *Browser) Header() string {
	var pairs []string
	for _, cookie := range b.cookies {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	return strings.Join(pairs, "; ")
}

// Plant makes the browser send a cookie that no response has set.
func (b *Browser) Plant(name, value string) {
	b.cookies = append(b.cookies, &http.Cookie{Name: name, Value: value})
}

// Must returns value, and ends the program if there is an error.
func Must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}
