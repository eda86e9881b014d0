package web_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/example/web"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// handlers is the shop with a store that can fail, without a server.
type handlers struct {
	t        *testing.T
	store    *sessiontest.Store
	clock    *sessiontest.Clock
	visitors *web.VisitorManager
	program  http.Handler
}

func openHandlers(t *testing.T) *handlers {
	t.Helper()
	clock := sessiontest.NewClock()
	store := sessiontest.NewStore(t, clock)
	keys := sessiontest.Keys(t)
	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
	if err != nil {
		t.Fatal(err)
	}
	return &handlers{t, store, clock, visitors, newHandler(t, store, keys)}
}

// post sends a form on behalf of a visitor.
func (h *handlers) post(path string, visitor func(*web.Visitor), fields ...string) *sessiontest.Recorder[web.Visitor] {
	h.t.Helper()
	r := sessiontest.Request(h.t, h.visitors, "POST", path, visitor)
	r.PostForm = form(fields...)
	return sessiontest.Send(h.t, h.visitors, h.program, r)
}

func stranger(*web.Visitor) {}

func john(v *web.Visitor) {
	v.SetUserID(1)
	v.SetUsername("john_doe")
	v.SetLoggedIn(true)
}

func TestWhatHandlersDoToTheSession(t *testing.T) {
	h := openHandlers(t)

	in := h.post("/sign-in", stranger, "username", "john_doe")
	in.WantCreated()
	in.WantChanged("LoggedIn", "Notice", "SealBefore", "UserID", "Username")

	again := h.post("/sign-in", john, "username", "john_doe")
	again.WantRenewed()

	wrong := h.post("/sign-in", stranger, "username", "mallory")
	wrong.WantUntouched()
	if wrong.Code != http.StatusUnprocessableEntity {
		t.Errorf("the answer is %d", wrong.Code)
	}

	out := h.post("/sign-out", john)
	out.WantRenewed()
	out.WantChanged("LoggedIn", "Notice", "SealBefore", "UserID", "Username")

	h.post("/end-session", john).WantDestroyed()

	cart := h.post("/cart/add", john, "sku", "damson")
	cart.WantChanged("Cart", "Notice")
	if lines := cart.Session().Cart(); len(lines) != 1 || lines[0].SKU != "damson" {
		t.Errorf("the cart holds %v", lines)
	}

	h.post("/theme", stranger, "theme", "dark").WantCookie("theme", "dark")
}

// A page that cannot be sure who is there is not shown.
func TestAStoreThatFailsIsAnErrorPage(t *testing.T) {
	h := openHandlers(t)
	h.store.Fail(sessiontest.Load, errors.New("the disk is full"))
	answer := h.post("/cart/add", john, "sku", "damson")
	if answer.Code != http.StatusServiceUnavailable {
		t.Errorf("the answer is %d", answer.Code)
	}
	answer.WantChanged()
}

func TestASessionEndsAfterHalfAnHour(t *testing.T) {
	h := openHandlers(t)
	r := sessiontest.Request(t, h.visitors, "POST", "/cart/add", john)
	r.PostForm = form("sku", "damson")
	h.clock.Advance(31 * time.Minute)
	answer := sessiontest.Send(t, h.visitors, h.program, r)
	answer.WantCreated()
	answer.WantChanged("Cart", "Notice")
}
