package sessiontest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// site is a manager with a store and a clock of this package.
type site struct {
	clock    *sessiontest.Clock
	store    *sessiontest.Store
	visitors *shop.VisitorManager
}

func open(t *testing.T) *site {
	t.Helper()
	clock := sessiontest.NewClock()
	store := sessiontest.NewStore(t, clock)
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(sessiontest.Keys(t)), runtime.WithClock(clock.Now))
	if err != nil {
		t.Fatal(err)
	}
	return &site{clock, store, visitors}
}

// page returns a handler that calls a function with the session.
func page(do func(v *shop.Visitor)) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { do(shop.VisitorFrom(r.Context())) })
}

func signedIn(v *shop.Visitor) {
	v.SetUserID(7)
	v.SetUsername("john_doe")
}

// failures is a testing.TB that keeps the failures of a test.
type failures struct {
	testing.TB
	texts []string
}

func (f *failures) Errorf(format string, args ...any) {
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}

func (f *failures) want(t *testing.T, texts ...string) {
	t.Helper()
	if len(f.texts) != len(texts) {
		t.Fatalf("it fails with %q, want %d failures", f.texts, len(texts))
	}
	for i, text := range texts {
		if !strings.Contains(f.texts[i], text) {
			t.Errorf("it fails with %q, want %q in it", f.texts[i], text)
		}
	}
}
