package cookie_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/cookie"
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		options                       cookie.Options
		kept, scope, sameSite, script string
	}{
		{
			cookie.Options{Path: "/", Secure: true, HTTPOnly: true},
			"until the browser is closed", "to this host only, over HTTPS",
			"from its own pages and through links of other sites", "cannot read it",
		},
		{
			cookie.Options{Path: "/app", Domain: ".shop.example", MaxAge: time.Hour, SameSite: http.SameSiteStrictMode},
			"for an hour", "to shop.example and all hosts below it (each of them can set it too), for paths below /app, over plain HTTP too, where the network sees it",
			"from its own pages only", "can read and change it",
		},
		{
			cookie.Options{Path: "/", Domain: "shop.example", Secure: true, SameSite: http.SameSiteNoneMode, Partitioned: true},
			"until the browser is closed", "to shop.example and all hosts below it (each of them can set it too), over HTTPS",
			"from pages of every site, with a cookie of its own for each site that embeds it", "can read and change it",
		},
	} {
		o := c.options
		equal(t, o.KeptWords("an hour"), c.kept, "kept")
		equal(t, o.ScopeWords(), c.scope, "scope")
		equal(t, o.SameSiteWords(), c.sameSite, "SameSite")
		equal(t, o.ScriptWords(), c.script, "scripts")
	}
}

func TestWordsOfProtections(t *testing.T) {
	for p, want := range map[cookie.Protection][2]string{
		cookie.Plain:     {"plain", "the user of the browser can read and change it"},
		cookie.Signed:    {"signed", "the user of the browser can read it, but not change it"},
		cookie.Encrypted: {"encrypted", "the user of the browser can neither read nor change it"},
	} {
		equal(t, p.String(), want[0], "name")
		equal(t, p.HolderWords(), want[1], want[0])
	}
	equal(t, (cookie.Encrypted + 1).String(), "unknown", "name of no protection")
}

func TestNamesOfSameSite(t *testing.T) {
	for mode, want := range map[http.SameSite]string{
		0: "Lax", http.SameSiteDefaultMode: "Lax", http.SameSiteLaxMode: "Lax", http.SameSiteStrictMode: "Strict", http.SameSiteNoneMode: "None",
	} {
		o := cookie.Options{SameSite: mode}
		equal(t, o.SameSiteName(), want, "SameSite")
	}
}
