// Package sessiontest is for testing the handlers of a program that uses sessiongen:
// requests that carry a session, a recorder that tells what a handler did to it, a clock
// to move, and a store that fails where it is told to.
//
//	func TestSignOut(t *testing.T) {
//		clock := sessiontest.NewClock()
//		store := sessiontest.NewStore(t, clock)
//		visitors, err := web.NewVisitorManager(store, runtime.WithKeys(sessiontest.Keys(t)), runtime.WithClock(clock.Now))
//		if err != nil {
//			t.Fatal(err)
//		}
//		r := sessiontest.Request(t, visitors, "POST", "/sign-out", func(v *web.Visitor) { v.SetUserID(7) })
//		answer := sessiontest.Serve(t, visitors, web.Routes(), r)
//		answer.WantDestroyed()
//		if answer.Code != http.StatusSeeOther {
//			t.Errorf("the answer is %d", answer.Code)
//		}
//	}
//
// Nothing here reaches into the session: requests go through the manager's middleware
// and the store, and what is reported is what the browser's next request would find. What
// this package does itself, to give a session or to look at one, is no event for the
// program's hooks. Failures say "[redacted]" where a field is tagged secret.
package sessiontest

import (
	"crypto/rand"
	"net/http"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
)

// Manager is what every generated manager has: *web.VisitorManager is a
// Manager[web.Visitor].
type Manager[T any] interface {
	Middleware(next http.Handler) http.Handler
	Load(w http.ResponseWriter, r *http.Request) (*T, error)
}

// Keys returns a ring with one secret, drawn for this test.
func Keys(t testing.TB) *runtime.Keys {
	t.Helper()
	secret := make([]byte, 32)
	rand.Read(secret)
	keys, err := runtime.NewKeys(secret)
	if err != nil {
		t.Fatalf("sessiontest: making a secret: %v", err)
	}
	return keys
}
