package types

import (
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// browser is a browser of a site with one manager.
type browser struct {
	middleware func(http.Handler) http.Handler
	cookies    []*http.Cookie
	failure    error // of the last request
}

// site is a manager's constructor.
type site func(store runtime.Store, options ...runtime.Option) (middleware func(http.Handler) http.Handler, err error)

func newBrowser(t *testing.T, newSite site) *browser {
	t.Helper()
	b := new(browser)
	middleware, err := newSite(memstore.New(), runtime.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) {
		b.failure = err
		w.WriteHeader(http.StatusInternalServerError)
	}))
	if err != nil {
		t.Fatal(err)
	}
	b.middleware = middleware
	return b
}

// visit serves a request with the cookies of the responses before.
func (b *browser) visit(handle http.HandlerFunc) {
	b.failure = nil
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "https://example.com/", nil)
	for _, cookie := range b.cookies {
		r.AddCookie(cookie)
	}
	b.middleware(handle).ServeHTTP(w, r)
	b.cookies = append(b.cookies, w.Result().Cookies()...)
}

func keptSite(store runtime.Store, options ...runtime.Option) (func(http.Handler) http.Handler, error) {
	manager, err := NewKeptManager(store, options...)
	if err != nil {
		return nil, err
	}
	return manager.Middleware, nil
}

// call calls the method of a session that is named after a field.
func call(session any, method string, arguments ...any) any {
	values := make([]reflect.Value, len(arguments))
	for i, argument := range arguments {
		values[i] = reflect.ValueOf(argument)
	}
	results := reflect.ValueOf(session).MethodByName(method).Call(values)
	if len(results) == 0 {
		return nil
	}
	return results[0].Interface()
}

// difference compares values down to what is not exported, and is empty if they are equal.
func difference(want, got any) string {
	return cmp.Diff(want, got,
		protocmp.Transform(),
		cmp.Comparer(func(a, b big.Int) bool { return a.Cmp(&b) == 0 }),
		cmp.Comparer(func(a, b big.Rat) bool { return a.Cmp(&b) == 0 }),
		cmp.Comparer(func(a, b big.Float) bool {
			return a.Cmp(&b) == 0 && a.Prec() == b.Prec() && a.Mode() == b.Mode() && a.Signbit() == b.Signbit()
		}),
		cmp.Comparer(func(a, b url.Userinfo) bool { return a == b }),
		cmp.Exporter(func(reflect.Type) bool { return true }),
	)
}
