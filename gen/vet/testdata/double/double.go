// Package double is a program that serves two schemas with the same session cookie, and loads
// sessions without the middleware.
package double

import (
	"log"
	"net/http"

	"github.com/sessiongen/sessiongen/gen/vet/testdata/double/desk"
	"github.com/sessiongen/sessiongen/gen/vet/testdata/double/till"
	"github.com/sessiongen/sessiongen/gen/vet/testdata/shop"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// Open makes the managers.
func Open() (*desk.VisitorManager, *till.VisitorManager, error) {
	store := memstore.New()
	desks, err := desk.NewVisitorManager(store)
	if err != nil {
		return nil, nil, err
	}
	tills, err := till.NewVisitorManager(store) // want `the session cookie of Visitor, visitor, is also that of desk.Visitor, so both have the same sessions: name another in its cookie tag`
	return desks, tills, err
}

// Share means it.
func Share() (*till.VisitorManager, error) {
	//sessiongen:ignore the till shows what the desk has put into the session
	return till.NewVisitorManager(memstore.New())
}

// Again makes the same manager, for another store.
func Again() (*desk.VisitorManager, error) { return desk.NewVisitorManager(memstore.New()) }

// Read does not commit.
func Read(m *desk.VisitorManager) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := m.Load(w, r) // want `Visitor is loaded without the middleware and not committed: call its Commit before the response begins, or changes are lost`
		if v == nil || err != nil {
			return
		}
		v.SetName("Ann")
	}
}

// Ignore drops the session.
func Ignore(m *desk.VisitorManager, w http.ResponseWriter, r *http.Request) {
	_, err := m.Load(w, r) // want `Visitor is loaded without the middleware and not committed`
	log.Print(err)
}

// Write commits.
func Write(m *desk.VisitorManager, w http.ResponseWriter, r *http.Request) {
	v, err := m.Load(w, r)
	if err == nil {
		v.SetName("Ann")
		err = v.Commit(r.Context())
	}
	log.Print(err)
}

// Deferred commits in a function that it defers.
func Deferred(m *shop.VisitorManager, w http.ResponseWriter, r *http.Request) {
	v, err := m.Load(w, r)
	if err != nil {
		return
	}
	defer func() { log.Print(v.Commit(r.Context())) }()
}

// HandOn has another function commit.
func HandOn(m *desk.VisitorManager, w http.ResponseWriter, r *http.Request) {
	v, err := m.Load(w, r)
	if err == nil {
		commit(v, r)
	}
}

func commit(v *desk.Visitor, r *http.Request) { log.Print(v.Commit(r.Context())) }
