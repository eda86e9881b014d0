package sealed_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// A sealed session needs a store for revocations only. The example uses one in memory, which
// loses its records at a restart. A real site uses one that does not.
func Example() {
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		panic(err)
	}
	revocations := memstore.New()
	defer revocations.Close()
	store, err := sealed.New(keys, sealed.WithRevocations(revocations))
	if err != nil {
		panic(err)
	}
	visitors, err := kiosk.NewVisitorManager(store, runtime.WithKeys(keys), runtime.WithApplication("kiosk"))
	if err != nil {
		panic(err)
	}
	handler := visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := kiosk.VisitorFrom(r.Context())
		switch r.URL.Path {
		case "/login":
			v.SetUserID(7)
		case "/logout":
			v.Destroy()
		}
		fmt.Fprintf(w, "%s: user %d", r.URL.Path, v.UserID())
	}))
	visit := func(path, cookie string) (setCookie string) {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Body)
		for _, c := range w.Result().Cookies() {
			return c.Name + "=" + c.Value
		}
		return ""
	}
	cookie := visit("/login", "")
	visit("/", cookie)
	visit("/logout", cookie)
	visit("/", cookie) // a copy of the cookie, sent again
	// Output:
	// /login: user 7
	// /: user 7
	// /logout: user 0
	// /: user 0
}

// Without a store, the program has to accept that copies of a cookie can be used until the
// cookie expires.
func ExampleAcceptReplay() {
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		panic(err)
	}
	_, err = sealed.New(keys)
	fmt.Println(err)
	store, err := sealed.New(keys, sealed.AcceptReplay())
	if err != nil {
		panic(err)
	}
	visitors, err := kiosk.NewVisitorManager(store, runtime.WithKeys(keys))
	if err != nil {
		panic(err)
	}
	_, err = visitors.RevokeByUserID(context.Background(), 7)
	fmt.Println(errors.Is(err, errors.ErrUnsupported))
	// Output:
	// sealed: a copied cookie would be valid after its session has ended: give WithRevocations a store that remembers ended sessions, or AcceptReplay if that is acceptable
	// true
}

// Compression makes room for longer texts. Read about the risk first: the length of a cookie
// then reveals something about its content.
func ExampleWithDeflate() {
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		panic(err)
	}
	store, err := sealed.New(keys, sealed.AcceptReplay(), sealed.WithDeflate(1000))
	fmt.Println(store.Revokes(), err)
	// Output: false <nil>
}
