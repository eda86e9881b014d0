package engine_test

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// withoutLooking are the methods that say nothing about the visitor.
var withoutLooking = []string{"Commit"}

// TestCVE_2023_30861_EveryAccessPathSaysVary calls each method of the session type in a
// request of its own. A cache that many share may hand out what the session had a part in, unless
// the response says that it depends on the cookie; one that sets a cookie is not for
// such caches at all. A method that is generated one day is called as well.
func TestCVE_2023_30861_EveryAccessPathSaysVary(t *testing.T) {
	s := testsite.New(t)
	visitor := reflect.TypeFor[*shop.Visitor]()
	called := 0
	for i := range visitor.NumMethod() {
		method := visitor.Method(i)
		if slices.Contains(withoutLooking, method.Name) {
			continue
		}
		called++
		for _, signedIn := range []bool{true, false} {
			b := s.Browser()
			if signedIn {
				b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTheme("dark"); v.SetNotice("hello") })
			}
			response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Cache-Control", "public, max-age=3600")
				arguments := []reflect.Value{reflect.ValueOf(v)}
				for i := 1; i < method.Type.NumIn(); i++ {
					arguments = append(arguments, argument(t, method, i))
				}
				if method.Type.IsVariadic() {
					method.Func.CallSlice(arguments)
				} else {
					method.Func.Call(arguments)
				}
			})
			testsite.Equal(t, response.StatusCode, http.StatusOK, method.Name+": status")
			testsite.Equal(t, response.Header.Get("Vary"), "Cookie", method.Name+": Vary")
			private := response.Header.Get("Cache-Control") == "no-store"
			testsite.Equal(t, private, len(response.Header["Set-Cookie"]) > 0, method.Name+": kept out of caches")
		}
	}
	if called < 60 {
		t.Errorf("only %d methods were called", called)
	}
}

// argument is something to call a method with.
func argument(t *testing.T, method reflect.Method, i int) reflect.Value {
	t.Helper()
	kind := method.Type.In(i)
	switch {
	case kind.Kind() == reflect.Func: // of Update: leaves the value as it is
		return reflect.MakeFunc(kind, func(arguments []reflect.Value) []reflect.Value { return arguments[:1] })
	case kind == reflect.TypeFor[shop.Color]():
		return reflect.ValueOf(shop.Blue)
	case kind.Kind() == reflect.Slice && method.Type.IsVariadic():
		return reflect.MakeSlice(kind, 1, 1)
	case method.Name == "Format" && i == 1:
		return reflect.ValueOf(new(printer))
	case kind == reflect.TypeFor[context.Context]():
		return reflect.ValueOf(t.Context())
	case kind.Kind() == reflect.Interface:
		t.Fatalf("%s takes a %s: say what to call it with", method.Name, kind)
	}
	return reflect.Zero(kind)
}

// printer is a fmt.State.
type printer struct{}

func (*printer) Write(b []byte) (int, error) { return len(b), nil }
func (*printer) Width() (int, bool)          { return 0, false }
func (*printer) Precision() (int, bool)      { return 0, false }
func (*printer) Flag(int) bool               { return false }

// What reads a cookie without the session, in a request that has one, is no way
// around it.
func TestCVE_2023_30861_CookiesOfTheirOwnSayVary(t *testing.T) {
	s := testsite.New(t)
	// serve is a request whose handler does not ask for the session, which would be a reason to say it.
	serve := func(handler http.HandlerFunc) http.Header {
		w := testsite.NewRecorder()
		s.Visitors.Middleware(handler).ServeHTTP(w, s.Browser().Request("GET"))
		return w.Result().Header
	}
	read := func(r *http.Request) { s.Visitors.ThemeCookie().Read(r) }
	header := serve(func(_ http.ResponseWriter, r *http.Request) { read(r) })
	testsite.Equal(t, header.Get("Vary"), "Cookie", "Vary")
	header = serve(func(w http.ResponseWriter, r *http.Request) {
		w.Write(nil)
		read(r) // too late to say anything, and no harm
	})
	testsite.Equal(t, header.Get("Vary"), "", "Vary of a response that had begun")
	other := testsite.New(t)
	header = serve(func(_ http.ResponseWriter, r *http.Request) { other.Visitors.ThemeCookie().Read(r) })
	testsite.Equal(t, header.Get("Vary"), "", "Vary for the cookie of another manager")
	for name, write := range map[string]func(w http.ResponseWriter){
		"Write": func(w http.ResponseWriter) {
			testsite.Equal(t, s.Visitors.ThemeCookie().Write(w, "dark"), nil, "error")
		},
		"Delete": func(w http.ResponseWriter) { s.Visitors.ThemeCookie().Delete(w) },
	} {
		w := testsite.NewRecorder()
		w.Header().Set("Cache-Control", "public")
		write(w)
		testsite.Equal(t, w.Header().Get("Cache-Control"), "no-store", name+": Cache-Control")
	}
}
