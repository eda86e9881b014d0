package debugpage_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/debugpage"
	"github.com/sessiongen/sessiongen/runtime/eventhook"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// booth is a site with sealed sessions.
type booth struct {
	t           *testing.T
	revocations *sessiontest.Store
	visitors    *kiosk.VisitorManager
	page        http.Handler
}

func newBooth(t *testing.T) *booth {
	t.Helper()
	clock, keys := sessiontest.NewClock(), sessiontest.Keys(t)
	b := &booth{t: t, revocations: sessiontest.NewStore(t, clock)}
	store, err := sealed.New(keys, sealed.WithRevocations(b.revocations))
	if err != nil {
		t.Fatal(err)
	}
	events, counters := debugpage.NewEvents(20), new(eventhook.Counters)
	b.visitors, err = kiosk.NewVisitorManager(store, runtime.WithKeys(keys), runtime.WithClock(clock.Now),
		runtime.WithEvents(eventhook.Join(events.Record, counters.Record)))
	if err != nil {
		t.Fatal(err)
	}
	b.page = debugpage.New(b.visitors, debugpage.WithEvents(events), debugpage.WithCounters(counters))
	return b
}

func (b *booth) request() *http.Request {
	b.t.Helper()
	return local(b.t, b.visitors, func(v *kiosk.Visitor) {
		v.SetUserID(7)
		v.SetUsername("john_doe")
		v.SetPassword("hunter2")
		v.AppendCart(kiosk.Item{SKU: "damson", Qty: 2})
		v.SetNotice("once")
		v.SetTicket(424242)
	})
}

// The page shows the content of a sealed session, not the cookie.
func TestThePageShowsASealedSession(t *testing.T) {
	b := newBooth(t)
	r := b.request()
	looked := sessiontest.Send(t, b.visitors, b.page, r)
	looked.WantUntouched()
	body := looked.Body.String()
	var id string
	sessiontest.Serve(t, b.visitors, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		id = kiosk.VisitorFrom(r.Context()).Info().ID.String()
	}), r)
	wants(t, body, id, "this session", `<span class="pill good">session</span>`, "Signed in", "Expires",
		"<code>&#34;john_doe&#34;</code>", "<code>7</code>", "damson", "&#34;once&#34;",
		`password</th><td><span class="hidden">[redacted]</span>`, `<td data-label="Kind">the session, sealed</td>`, "[sealed]",
		`<span class="pill DEBUG">created</span>`, "<strong>1</strong> created")
	cookie := cookieOf(t, r, sessionCookie)
	wantsNot(t, body, "[token]", "hunter2", "424242", cookie[:20], cookie[20:40], cookie[len(cookie)-20:], cookieOf(t, r, "ticket")[:20])
}

func TestASealedSessionThatEndedIsNotShown(t *testing.T) {
	b := newBooth(t)
	r := b.request()
	sessiontest.Serve(t, b.visitors, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		kiosk.VisitorFrom(r.Context()).Destroy()
	}), r).WantDestroyed()
	replayed := get(b.page, r)
	wants(t, replayed.Body.String(), `<span class="pill">no session</span>`, "the session has ended", "the session, sealed", "[sealed]", "destroyed")
	wantsNot(t, replayed.Body.String(), "john_doe", "hunter2", cookieOf(t, r, sessionCookie)[:20])
	if replayed.Code != http.StatusOK {
		t.Errorf("the answer is %d", replayed.Code)
	}
}

// A cookie that this program has not sealed may belong to another program.
func TestASealedSessionThatDoesNotOpenIsNotShown(t *testing.T) {
	b := newBooth(t)
	r := b.request()
	cookie := cookieOf(t, r, sessionCookie)
	spoilt := cookie[:len(cookie)-8] + "AAAAAAAA"
	r.Header.Set("Cookie", strings.ReplaceAll(r.Header.Get("Cookie"), cookie, spoilt))
	body := get(b.page, r).Body.String()
	wants(t, body, `<span class="pill">no session</span>`, "the session, sealed", "[sealed]", "cookie refused", sessionCookie)
	wantsNot(t, body, "john_doe", spoilt[:20], spoilt[20:40])
}

func TestRevocationsThatFailAreShown(t *testing.T) {
	b := newBooth(t)
	r := b.request()
	b.revocations.Fail(sessiontest.Load, errors.New("the disk is full"))
	w := get(b.page, r)
	wants(t, w.Body.String(), `id="problem">`, "the disk is full", "not loaded", "[sealed]", "store failed")
	wantsNot(t, w.Body.String(), "john_doe", "not valid", cookieOf(t, r, sessionCookie)[:20])
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("the answer is %d", w.Code)
	}
}
