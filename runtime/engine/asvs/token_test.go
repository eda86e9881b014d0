package asvs

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// nobody asserts that a request opens no session: no field, no ID, nobody signed in.
func nobody(t *testing.T, b *testsite.Browser, what string) {
	t.Helper()
	response := b.Clone().Visit(func(v *shop.Visitor) {
		info := v.Info()
		if v.HasUserID() || v.HasVisits() || v.HasCart() || v.Role() != "guest" || !info.New || info.ID != (runtime.ID{}) || v.AuthenticatedWithin(1<<62) {
			t.Errorf("%s opens a session: %v", what, v)
		}
	})
	testsite.Equal(t, response.StatusCode, http.StatusOK, what+": status")
}

// Tokens are verified by the server and by nothing else: each bit of one counts, and what is not a
// token of a live session is nobody's.
func TestASVS_7_2_1_and_7_2_2_UnknownMalformedAndForgedTokensAreNobody(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(3); v.SetRole("admin") })
	good := b.Cookies[testsite.SessionCookie]
	decoded, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil || len(decoded) != 48 {
		t.Fatalf("a token is not 48 bytes: %d, %v", len(decoded), err)
	}
	forged := func(value, what string) {
		t.Helper()
		other := s.Browser()
		other.Cookies[testsite.SessionCookie] = value
		nobody(t, other, what)
		// What it writes goes into a session of its own.
		other.Visit(func(v *shop.Visitor) { v.SetVisits(100) })
		if value != "" && strings.HasPrefix(other.Cookies[testsite.SessionCookie], value[:min(21, len(value))]) {
			t.Errorf("%s: the ID was adopted", what)
		}
	}
	for i := range len(decoded) * 8 {
		decoded[i/8] ^= 1 << (i % 8)
		forged(base64.RawURLEncoding.EncodeToString(decoded), fmt.Sprint("a token with bit ", i, " flipped"))
		decoded[i/8] ^= 1 << (i % 8)
	}
	other := s.Browser()
	other.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	stranger := other.Cookies[testsite.SessionCookie]
	zeros := strings.Repeat("A", 64)
	for what, value := range map[string]string{
		"an unknown token":                   zeros,
		"the ID with another's secret":       good[:21] + stranger[21:],
		"another's ID with the secret":       stranger[:21] + good[21:],
		"the ID without a secret":            good[:22],
		"the ID with a secret of zeros":      good[:22] + zeros[22:],
		"the ID as it is printed":            testsite.See(b, func(v *shop.Visitor) string { return v.Info().ID.String() }),
		"the key that the record has":        tokenOfKey(t, s, b),
		"the token without its last":         good[:63],
		"the token and one more":             good + "A",
		"the token twice":                    good + good,
		"the token in capitals":              strings.ToUpper(good),
		"the token percent-encoded":          strings.ReplaceAll(fmt.Sprintf("% x", good), " ", "%"),
		"the token in quotes inside":         `\"` + good + `\"`,
		"nothing":                            "",
		"a long one":                         strings.Repeat("A", 1<<20),
		"a JSON Web Token without signature": "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjo3fQ.",
	} {
		forged(value, what)
	}
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user with the real token")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 3, "visits with the real token")
}

// tokenOfKey makes a token of what the store knows: an ID and a key.
func tokenOfKey(t *testing.T, s *testsite.Site, b *testsite.Browser) string {
	t.Helper()
	id := testsite.See(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID })
	rec, err := s.Store.Store.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	key := rec.Data[2:34] // behind the tag and the length of the first field
	return base64.RawURLEncoding.EncodeToString(append(id[:], key...))
}

// IDs are input from a stranger: what is no token is thrown away before the store hears of it, and
// what is one but unknown is never adopted (strict mode).
func TestOWASP_MalformedTokensCostNoStoreCall(t *testing.T) {
	s := testsite.New(t)
	alphabet := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	tried := 0
	try := func(value string) {
		t.Helper()
		b := s.Browser()
		b.Header["Cookie"] = []string{testsite.SessionCookie + "=" + value}
		nobody(t, b, fmt.Sprintf("%.80q", value))
		if calls := s.Store.Took(); calls != "" {
			t.Errorf("%.80q costs %s", value, calls)
		}
		tried++
	}
	for length := range 200 {
		if length != 64 {
			try(strings.Repeat("A", length))
		}
	}
	for place := range 64 {
		for _, c := range []byte("+/=.%!~ \"\\,<>'`$(){}|&*?@#^\t\x00\x7f\x80\xff") {
			if value := strings.Repeat("A", place) + string([]byte{c}) + strings.Repeat("A", 63-place); strings.Trim(value, " \t\"") != strings.Repeat("A", 64) {
				try(value)
			}
		}
	}
	for _, value := range []string{"../../etc/passwd", "' OR 1=1 --", "*", "session:1\r\nFLUSHALL", "{}", strings.Repeat("é", 32), strings.Repeat("Ａ", 22)} {
		try(value)
	}
	t.Logf("%d malformed tokens", tried)

	known := alphabet
	b := s.Browser()
	b.Cookies[testsite.SessionCookie] = known
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	if calls := s.Store.Took(); calls != "load create" {
		t.Errorf("a well-formed token that nobody issued costs %s", calls)
	}
	if strings.HasPrefix(b.Cookies[testsite.SessionCookie], known[:21]) {
		t.Error("the client's ID was adopted")
	}
}

// A session cookie's name tells nobody what the site is made of, unless its author chooses to,
// and no other header does.
func TestOWASP_TheNameOfTheSessionCookieIsGeneric(t *testing.T) {
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	guests, err := kiosk.NewGuestManager(store) // its schema names no cookie
	if err != nil {
		t.Fatal(err)
	}
	w := testsite.NewRecorder()
	guests.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		kiosk.GuestFrom(r.Context()).SetNote("hello")
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	line := w.Header().Get("Set-Cookie")
	if name, _, _ := strings.Cut(line, "="); name != "__Host-guest" {
		t.Errorf("a session cookie without a name in its tag is called %s", name)
	}
	s := testsite.New(t)
	for name, values := range s.Browser().Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTicket(1) }).Header {
		if text := name + ": " + strings.Join(values, ", "); strings.Contains(strings.ToLower(text), "sessiongen") {
			t.Errorf("the response says what the site is made of: %s", text)
		}
	}
}

// Nobody gets a session by looking: robots and strangers leave nothing behind.
func TestASVS_7_6_2_StrangersLeaveNothing(t *testing.T) {
	requests := testsite.Scale(5_000, 100_000)
	s := testsite.New(t)
	cookies, written := 0, 0
	for i := range requests {
		b := s.Browser()
		if i%3 == 1 {
			b.Cookies[testsite.SessionCookie] = strings.Repeat("A", 60) + fmt.Sprintf("%04d", i%10_000)
		}
		response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			for _, access := range reads {
				access(v)
			}
			v.SetUserID(0)
			v.Renew()
			v.Remember(true)
			v.ClearCart()
			v.RevokeOthers()
			_, _ = io.WriteString(w, "page")
		})
		cookies += len(response.Header["Set-Cookie"])
		if calls := s.Store.Took(); strings.Trim(calls, "load ") != "" {
			written++
		}
	}
	testsite.Equal(t, cookies, 0, "Set-Cookie headers")
	testsite.Equal(t, written, 0, "requests that wrote to the store")
	testsite.Equal(t, s.Count(runtime.EventCreated), 0, "sessions")
	t.Logf("%d requests of strangers", requests)
}

// reads are the accesses that change nothing.
var reads = func() map[string]func(v *shop.Visitor) {
	some := map[string]func(v *shop.Visitor){}
	for name, access := range accesses {
		if name != "Set" && name != "Destroy" && name != "Update without change" {
			some[name] = access
		}
	}
	return some
}()

// A first start writes the secret where only its owner reads it, whatever the umask is.
func TestASVS_11_2_TheSecretFileIsItsOwnersAlone(t *testing.T) {
	path := t.TempDir() + "/keys"
	keys, err := keyring.KeysFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	testsite.Equal(t, info.Mode().Perm(), 0o600, "permissions")
	for _, others := range []os.FileMode{0o640, 0o604, 0o620, 0o602, 0o610, 0o601} {
		if err := os.Chmod(path, others); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.KeysFromFile(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("with %o it is read all the same: %v", others, err)
		}
	}
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	if _, err := shop.NewVisitorManager(store, runtime.WithKeys(keys)); err != nil {
		t.Error(err)
	}
}
