package sealed_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

func TestASVS_7_2_2_and_9_1_1_AnUnreadableCookieIsAnonymousAndTakesNoStoreCall(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	s.took()
	good := b.cookies[sessionCookie]
	refused := func(value, what string) {
		t.Helper()
		before := s.count(runtime.EventCookieRefused)
		forged := s.with(value)
		forged.visit(func(v *kiosk.Visitor) {
			if v.HasUserID() || !v.Info().New {
				t.Errorf("%s: accepted", what)
			}
		})
		equal(t, s.took(), "", what+": store calls")
		equal(t, s.count(runtime.EventCookieRefused), before+1, what+": cookie refused events")
		// The visitor may begin a session, which takes the cookie's place.
		forged.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
		equal(t, see(forged, (*kiosk.Visitor).Visits), 1, what+": visits")
		s.took()
	}
	for name, value := range map[string]string{
		"nothing":   "",
		"one":       "A",
		"a token":   strings.Repeat("A", 64),
		"garbage":   strings.Repeat("garbage!", 20),
		"long":      strings.Repeat("A", 5000),
		"very long": strings.Repeat("A", 100_000),
		"padded":    good + "=",
		"cut":       good[:len(good)-1],
		"extended":  good + "A",
		"a ticket":  ticketOf(s),
	} {
		refused(value, name)
	}
	for i := range good {
		refused(good[:i]+string(good[i]^1)+good[i+1:], fmt.Sprint("a change at ", i))
	}
}

// ticketOf is an encrypted cookie of the same application, keys and browser.
func ticketOf(s *site) string {
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetTicket(42) })
	return b.cookies["ticket"]
}

func TestASVS_9_2_3_ASessionIsOneManagersOnly(t *testing.T) {
	s := newSite(t)
	store := func(keys *runtime.Keys) *sealed.Store {
		store, err := sealed.New(keys, sealed.WithRevocations(s.records))
		must(t, err)
		return store
	}
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	for name, c := range map[string]struct {
		manager  *kiosk.VisitorManager
		accepted bool
	}{
		"another process":       {s.manager(store(s.keys)), true},
		"another application":   {s.manager(store(s.keys), runtime.WithApplication("billing")), false},
		"another secret":        {s.manager(store(ring(t, otherSecret))), false},
		"a new secret in front": {s.manager(store(ring(t, otherSecret, secret))), true},
	} {
		other := b.clone()
		other.manager = c.manager
		equal(t, see(other, (*kiosk.Visitor).HasUserID), c.accepted, name)
	}
	// Under another name, and as another schema's session.
	guests, err := kiosk.NewGuestManager(store(s.keys), runtime.WithClock(s.clock.Now), runtime.WithEvents(s.record))
	must(t, err)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "__Host-guest="+b.cookies[sessionCookie])
	g, err := guests.Load(httptest.NewRecorder(), r)
	must(t, err)
	equal(t, g.Info().New, true, "a visitor's session for a guest is new")

	// The application counts for revocations as well.
	billing := s.manager(store(s.keys), runtime.WithApplication("billing"))
	_, err = billing.RevokeByUserID(t.Context(), 7)
	must(t, err)
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user when another application has revoked its user 7")
	must(t, billing.Revoke(t.Context(), see(b, idOf)))
	must(t, guests.Revoke(t.Context(), see(b, idOf)))
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user when another application and another schema have revoked the ID")
	must(t, s.visitors.Revoke(t.Context(), see(b, idOf)))
	equal(t, see(b, (*kiosk.Visitor).HasUserID), false, "signed in when the session was revoked")
}

// A sealed session that is bound to a client is worth nothing to one that cannot be identified,
// nor to a manager that cannot identify clients.
func TestABoundSessionNeedsItsClient(t *testing.T) {
	s := newSite(t)
	client := "home"
	bound := s.manager(s.sealer(sealed.WithRevocations(s.records)), runtime.WithClientCheck(func(*http.Request) string { return client }))
	b := s.browser()
	b.manager = bound
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	for _, client = range []string{"elsewhere", ""} {
		equal(t, see(b, (*kiosk.Visitor).HasUserID), false, "signed in as the client "+client)
		b.clone().visit((*kiosk.Visitor).Destroy)
	}
	client = "home"
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user of the session's own client")
	other := b.clone()
	other.manager = s.visitors
	equal(t, see(other, (*kiosk.Visitor).HasUserID), false, "signed in without the option")
}

// A sealed session is bound to one name of the application, so that earlier ones would have no
// effect.
func TestEarlierNamesAreRefused(t *testing.T) {
	s := newSite(t)
	_, err := kiosk.NewVisitorManager(s.sealer(sealed.WithRevocations(s.records)), runtime.WithKeys(s.keys), runtime.WithApplication("kiosk", "booth"))
	if err == nil || !strings.Contains(err.Error(), "remove the earlier names from WithApplication") {
		t.Errorf("error: %v", err)
	}
}

func TestASVS_11_2_2_SecretsRotate(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	s.keys = ring(t, otherSecret, secret)
	b.manager = s.manager(s.sealer(sealed.WithRevocations(s.records)))
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user under the old secret")
	s.clock.advance(10 * time.Minute)
	b.visit(func(*kiosk.Visitor) {}) // extends the session, with the new secret
	s.keys = ring(t, otherSecret)
	b.manager = s.manager(s.sealer(sealed.WithRevocations(s.records)))
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user under the new secret")
	b.cookies[sessionCookie] = b.had[0]
	equal(t, see(b, (*kiosk.Visitor).HasUserID), false, "signed in under the old secret when it is gone")
}

// madeToday is a session of user 7, made at the time of a new site. Later versions
// open it.
const madeToday = "AZh-_tl3SjeBVxMdc3KeN_78D9iHuZraOHp06Cbxd7Rv7UdT8od4u-mXEj4jH82ouzoXIwwDz7-dNdobQ0LJToMYYns8YCDtXg2CqQ-xABvY4Q"

func TestSealedSessionsKeepTheirForm(t *testing.T) {
	s := newSite(t)
	equal(t, see(s.with(madeToday), (*kiosk.Visitor).UserID), 7, "user")
}

// Of a session cookie that is sent twice, the valid one is used.
func TestTwoSessionCookies(t *testing.T) {
	s := newSite(t)
	fresh := func(user int64) string {
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(user) })
		return b.cookies[sessionCookie]
	}
	one, other, third := fresh(7), fresh(8), fresh(9)
	gone := s.with(fresh(6))
	dead := gone.cookies[sessionCookie]
	gone.visit((*kiosk.Visitor).Destroy)
	s.took()
	var garbage []string
	for i := range 180 {
		garbage = append(garbage, fmt.Sprint("garbage", i))
	}
	for name, c := range map[string]struct {
		values []string
		user   int64
		calls  string
		begins bool // a change begins a session
	}{
		"one":                   {[]string{one}, 7, "Load Load", true},
		"the same twice":        {[]string{one, one}, 7, "Load Load", true},
		"garbage first":         {[]string{"garbage", one}, 7, "Load Load", true},
		"garbage last":          {[]string{one, "garbage"}, 7, "Load Load", true},
		"two good ones":         {[]string{one, other}, 0, "Load Load Load Load", false},
		"a dead one first":      {[]string{dead, one}, 7, "Load Load Load", true},
		"a dead one last":       {[]string{one, dead}, 7, "Load Load Load", true},
		"a dead one":            {[]string{dead}, 0, "Load", false},
		"garbage and dead":      {[]string{"garbage", dead}, 0, "Load", false},
		"three":                 {[]string{one, other, third}, 0, "Load Load Load Load", false},
		"a lot of garbage":      {append(garbage[:179:179], one), 7, "Load Load", true},
		"more than browsers do": {append(garbage, one), 0, "", false},
	} {
		b := s.browser()
		b.header.Set("Cookie", sessionCookie+"="+strings.Join(c.values, "; "+sessionCookie+"="))
		response := b.visit(func(v *kiosk.Visitor) { equal(t, v.UserID(), c.user, name+": user") })
		equal(t, s.took(), c.calls, name+": store calls")
		equal(t, len(setCookies(response)), 0, name+": cookies")
		response = b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
		equal(t, len(setCookies(response)) == 1, c.begins, name+": a change is kept")
		s.took()
	}
}

// A visitor whose browser has two sealed sessions can sign out and sign in.
func TestTwoSealedSessionsEndTogether(t *testing.T) {
	for name, c := range map[string]struct {
		change func(v *kiosk.Visitor)
		user   int64 // afterwards
	}{
		"Destroy":     {func(v *kiosk.Visitor) { v.Destroy() }, 0},
		"ClearUserID": {func(v *kiosk.Visitor) { v.ClearUserID() }, 0},
		"a sign-in":   {func(v *kiosk.Visitor) { v.SetUserID(9) }, 9},
		"everywhere":  {func(v *kiosk.Visitor) { v.RevokeOthers(); v.Destroy() }, 0},
	} {
		for _, n := range []int{2, 3, 4} {
			s := newSite(t)
			var values []string
			for i := range n {
				b := s.browser()
				b.visit(func(v *kiosk.Visitor) { v.SetUserID(int64(i + 1)) })
				values = append(values, b.cookies[sessionCookie])
			}
			phone := s.browser()
			phone.visit(func(v *kiosk.Visitor) { v.SetUserID(1) })
			b := s.browser()
			b.header.Set("Cookie", sessionCookie+"="+strings.Join(values, "; "+sessionCookie+"="))
			response := b.visit(c.change)
			equal(t, response.StatusCode, 200, name+": status")
			for _, value := range values {
				equal(t, see(s.with(value), (*kiosk.Visitor).UserID), 0, name+": user of one of the cookies")
			}
			equal(t, see(phone, (*kiosk.Visitor).HasUserID), name != "everywhere", name+": the phone is signed in")
			lines := setCookies(response)
			if len(lines) != 1 {
				t.Fatalf("%s: cookies: %q", name, lines)
			}
			after := s.browser()
			after.keep(response)
			equal(t, see(after, (*kiosk.Visitor).UserID), c.user, name+": user afterwards")
		}
	}
}

// Two cookies of one session, as after a change of the cookie's path, do not lock the visitor
// out. The later one counts, wherever it stands.
func TestTwoCookiesOfOneSealedSession(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	earlier := b.cookies[sessionCookie]
	s.clock.advance(time.Second)
	b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
	later := b.cookies[sessionCookie]
	equal(t, earlier != later, true, "two cookies")
	for _, values := range [][]string{{earlier, later}, {later, earlier}} {
		b := s.browser()
		b.header.Set("Cookie", sessionCookie+"="+strings.Join(values, "; "+sessionCookie+"="))
		b.visit(func(v *kiosk.Visitor) {
			equal(t, v.UserID(), 7, "user")
			equal(t, v.Visits(), 1, "visits")
		})
		equal(t, s.count(runtime.EventSeveralCookies), 0, "events of several cookies")
	}
	both := s.browser()
	both.header.Set("Cookie", sessionCookie+"="+earlier+"; "+sessionCookie+"="+later)
	both.visit((*kiosk.Visitor).Destroy)
	for _, value := range []string{earlier, later} {
		equal(t, see(s.with(value), (*kiosk.Visitor).UserID), 0, "user after a logout")
	}
}

// Without revocations, the browser's cookie is all that can be deleted, and only in time.
func TestTwoSealedSessionsWithAcceptedReplay(t *testing.T) {
	s := newSite(t, sealed.AcceptReplay())
	var values []string
	for i := range 2 {
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(int64(i + 1)) })
		values = append(values, b.cookies[sessionCookie])
	}
	b := s.browser()
	b.header.Set("Cookie", sessionCookie+"="+strings.Join(values, "; "+sessionCookie+"="))
	response := b.visit((*kiosk.Visitor).Destroy)
	equal(t, len(setCookies(response)), 1, "cookies")
	b.serve(func(v *kiosk.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(200)
		v.Destroy()
	})
	equal(t, s.count(runtime.EventTooLate), 1, "too late events")
}

// plant returns a cookie that an attacker who knows the key can make.
func plant(t testing.TB, issued, expires time.Time, packed []byte) string {
	t.Helper()
	cipher, err := keyring.NewCipher(ring(t, secret), keyring.Use{Purpose: "session visitor", Cookie: sessionCookie}, 0)
	must(t, err)
	return cipher.Seal(issued, expires, packed)
}

// frame is a session as a cookie holds it.
func frame(id byte, idle time.Duration, data string) []byte {
	b := append([]byte{0, 0}, bytes.Repeat([]byte{id}, 16)...)
	b = binary.AppendUvarint(b, uint64(idle.Milliseconds()))
	return append(b, data...)
}

var userSeven = string(wire.AppendInt(nil, wire.FieldNumber("user_id"), int64(7)))

// A cookie that opens with the right key may still have invalid content.
func TestAuthenticNonsense(t *testing.T) {
	s := newSite(t)
	now := s.clock.Now()
	equal(t, see(s.with(plant(t, now, now.Add(time.Hour), frame(1, time.Minute, userSeven))), (*kiosk.Visitor).UserID), 7, "user of a sane one")
	for name, packed := range map[string][]byte{
		"nothing":                   {},
		"no frame":                  {0},
		"unknown packing":           {2, 0},
		"unknown flags":             append([]byte{0, 4}, frame(1, time.Minute, userSeven)[2:]...),
		"short ID":                  {0, 0, 1, 2, 3},
		"flags without revisions":   append([]byte{0, 3}, frame(1, 0, "")[2:]...),
		"no idle timeout":           frame(1, 0, "")[:18],
		"an endless idle timeout":   append(frame(1, 0, "")[:18], 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
		"no idle timeout left":      frame(1, 0, userSeven),
		"fields that are none":      frame(1, time.Minute, "\xff\xff\xff"),
		"deflated nothing":          {1},
		"deflated without contents": {1, 10},
	} {
		before := len(s.events)
		b := s.with(plant(t, now, now.Add(time.Hour), packed))
		equal(t, see(b, (*kiosk.Visitor).HasUserID), false, name+": signed in")
		if len(s.events) == before {
			t.Errorf("%s: no event", name)
		}
	}
	// Deadlines are those of the schema even if the seal says more.
	long := s.with(plant(t, now, now.Add(1000*time.Hour), frame(1, 1000*time.Hour, userSeven)))
	s.clock.advance(12*time.Hour - time.Millisecond)
	equal(t, see(long, (*kiosk.Visitor).UserID), 7, "user just before the lifetime of the schema")
	s.clock.advance(time.Millisecond)
	equal(t, see(long, (*kiosk.Visitor).HasUserID), false, "signed in after the lifetime of the schema")
}

// At most 1 MB of cookies is examined.
func TestCookieFlood(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	for _, flood := range []string{strings.Repeat("a=;", 350_000), strings.Repeat(sessionCookie+"=x; ", 60_000), strings.Repeat(sessionCookie+"="+strings.Repeat("A", 4000)+"; ", 250)} {
		b.header.Set("Cookie", flood)
		equal(t, see(b, (*kiosk.Visitor).HasUserID), false, "signed in")
	}
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, "%s=%d%s; ", sessionCookie, i, strings.Repeat("A", 3000))
	}
	b.header.Set("Cookie", many.String())
	start := len(s.events)
	b.visit(func(v *kiosk.Visitor) { equal(t, v.HasUserID(), false, "signed in") })
	if n := len(s.events) - start; n > 4 {
		t.Errorf("%d events for one request", n)
	}
	equal(t, s.took(), "", "store calls")
}

func TestEncryptedCookiesBesideASealedSession(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	response := b.visit(func(v *kiosk.Visitor) { v.SetTicket(42); v.AddVisits(1) })
	equal(t, len(response.Header["Set-Cookie"]), 2, "cookies")
	equal(t, see(b, (*kiosk.Visitor).Ticket), 42, "ticket")
	// The value of the session is not valid for the ticket, nor the other way round.
	b.cookies["ticket"], b.cookies[sessionCookie] = b.cookies[sessionCookie], b.cookies["ticket"]
	equal(t, see(b, func(v *kiosk.Visitor) bool { return v.HasTicket() || v.HasVisits() }), false, "swapped")
}

func TestASVS_14_3_2_NothingIsPublicThatSetsTheCookie(t *testing.T) {
	s := newSite(t)
	response := s.browser().serve(func(v *kiosk.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		v.AddVisits(1)
	})
	equal(t, response.Header.Get("Cache-Control"), "no-store", "Cache-Control")
	equal(t, response.Header.Get("Vary"), "Cookie", "Vary")
}

// Replicas with different keys sign everyone out, and look like an attack.
func TestAReplicaWithOtherKeysIsToldFromAForgery(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	good := b.cookies[sessionCookie]
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	raw[1] ^= 1 // the first byte of the key id
	reasonOf := func(value string) string {
		s.with(value).visit(func(v *kiosk.Visitor) { v.HasUserID() })
		return s.events[len(s.events)-1].Reason
	}
	if reason := reasonOf(base64.RawURLEncoding.EncodeToString(raw)); !strings.Contains(reason, "give all replicas the same secrets") {
		t.Errorf("another key: %s", reason)
	}
	if reason := reasonOf(good[:len(good)-4] + "AAAA"); !strings.Contains(reason, "names one of these keys, but was changed") {
		t.Errorf("a forgery: %s", reason)
	}
}
