package cookie_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/cookie"
)

func TestSetCookieLines(t *testing.T) {
	for _, c := range []struct {
		options    cookie.Options
		attributes string
	}{
		{cookie.Options{Path: "/"}, "; Path=/; SameSite=Lax"},
		{cookie.Options{Path: "/", SameSite: http.SameSiteDefaultMode}, "; Path=/; SameSite=Lax"},
		{cookie.Options{Path: "/", SameSite: http.SameSiteLaxMode, Secure: true}, "; Path=/; SameSite=Lax; Secure"},
		{cookie.Options{Path: "/app", SameSite: http.SameSiteStrictMode, HTTPOnly: true}, "; Path=/app; SameSite=Strict; HttpOnly"},
		{
			cookie.Options{Path: "/", Domain: "shop.example", SameSite: http.SameSiteNoneMode, Secure: true, HTTPOnly: true, Partitioned: true},
			"; Path=/; Domain=shop.example; SameSite=None; Secure; HttpOnly; Partitioned",
		},
	} {
		attributes := cookie.Attributes(&c.options)
		equal(t, attributes, c.attributes, "attributes")
		equal(t, cookie.Line("theme", "dark", 0, attributes), "theme=dark"+c.attributes, "without Max-Age")
		equal(t, cookie.Line("theme", "dark", -1, attributes), "theme=dark"+c.attributes, "never deletes")
		equal(t, cookie.Line("theme", "", 3600, attributes), "theme=; Max-Age=3600"+c.attributes, "with Max-Age")
		equal(t, cookie.Deletion("theme", attributes), "theme=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"+c.attributes, "deletion")
	}
	// The lifetime and the value are the line's, not the attributes'.
	a, b := cookie.Options{Path: "/"}, cookie.Options{Path: "/", Name: "a", Was: "b", MaxAge: time.Hour, Protection: cookie.Signed, Secret: true}
	equal(t, cookie.Attributes(&a), cookie.Attributes(&b), "attributes of setting and of deleting")
}

func TestKeptForIsWhatBrowsersKeep(t *testing.T) {
	for life, want := range map[time.Duration]int{
		time.Hour: 3600, 1500 * time.Millisecond: 1, 400 * day: 400 * 24 * 60 * 60, 400*day + time.Second: 400 * 24 * 60 * 60, 5000 * day: 400 * 24 * 60 * 60,
	} {
		equal(t, cookie.KeptFor(life), want, life.String())
	}
}

func TestBareName(t *testing.T) {
	for name, want := range map[string]string{
		"Theme": "theme", "__Host-Theme": "theme", "__hOST-hTTP-theme": "theme", "__SECURE-theme": "theme", "__Http-theme": "theme",
		"__Host-__Host-theme": "__host-theme", "x__Host-theme": "x__host-theme", "__Host-": "",
	} {
		equal(t, cookie.BareName(name), want, name)
	}
}

func equal[T comparable](t testing.TB, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
