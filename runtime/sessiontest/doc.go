// Package sessiontest is for applications that test their handlers. It has requests that carry
// a session, a recorder that reports what a handler did to the session, a clock that tests
// move, and a store that fails on demand. Of sessiongen's packages it imports
// runtime, memstore and internal/aside.
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
// The package does not bypass the session: requests go through the manager's middleware and the
// store, and the recorder reports what the browser's next request would find. The package's own
// accesses, to give a session to a request or to look at one, cause no events for the program's
// hooks. Failures show "[redacted]" for fields that are tagged secret.
package sessiontest

import (
	"crypto/rand"
	"net/http"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
)

// Manager has the methods that this package needs of a generated manager. For example,
// *web.VisitorManager is a Manager[web.Visitor].
type Manager[T any] interface {
	Middleware(next http.Handler) http.Handler
	Load(w http.ResponseWriter, r *http.Request) (*T, error)
}

// Keys returns a key ring with one random secret.
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
