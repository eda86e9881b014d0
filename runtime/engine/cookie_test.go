package engine_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

func TestPlainCookie(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	response := b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.Theme(), "light", "default")
		testsite.Equal(t, v.HasTheme(), false, "has theme")
		v.SetFavoriteColor(shop.Blue)
		v.SetTheme("a;b c=ü\n\"%")
	})
	testsite.Equal(t, s.Store.Took(), "", "store calls")
	testsite.Equal(t, strings.Join(response.Header["Set-Cookie"], "\n"),
		"favorite_color=blue; Max-Age=3600; Path=/; SameSite=Lax; Secure; HttpOnly\n"+
			"theme=a%3Bb%20c%3D%C3%BC%0A%22%25; Max-Age=31536000; Path=/; SameSite=Lax; Secure", "Set-Cookie")
	testsite.Equal(t, response.Header.Get("Cache-Control"), "no-store", "Cache-Control")
	response = b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.FavoriteColor(), shop.Blue, "color")
		testsite.Equal(t, v.HasFavoriteColor(), true, "has color")
		testsite.Equal(t, v.Theme(), "a;b c=ü\n\"%", "theme")
		v.ClearTheme()
		testsite.Equal(t, v.Theme(), "light", "theme after it was cleared")
		testsite.Equal(t, v.HasTheme(), false, "has theme after it was cleared")
	})
	testsite.Equal(t, response.Header.Get("Set-Cookie"), "theme=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; SameSite=Lax; Secure", "Set-Cookie")
	b.Visit(func(v *shop.Visitor) { v.SetTheme("") })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasTheme), true, "an empty value is a value")
}

func TestPlainCookieIsInputFromAStranger(t *testing.T) {
	s := testsite.New(t)
	for header, want := range map[string]string{
		"favorite_color=blue":                            "blue",
		"favorite_color=%62lue":                          "blue",
		"favorite_color=red":                             "",
		"favorite_color=Blue":                            "",
		"favorite_color=":                                "",
		"favorite_color=blue%":                           "",
		"favorite_color=%zz":                             "",
		"favorite_color=\"blue\"":                        "blue",
		"favorite_color=\"%62lue\"":                      "",
		"favorite_color=\"":                              "",
		"favorite_color=\"blue":                          "",
		"favorite_color=red; favorite_color=green":       "green",
		"favorite_color=blue; favorite_color=green":      "blue",
		"FAVORITE_COLOR=blue":                            "",
		"favorite_color=<script>":                        "",
		"favorite_color=" + strings.Repeat("blue", 1000): "",
	} {
		before := s.Count(runtime.EventCookieRefused)
		b := s.Browser()
		b.Header.Set("Cookie", header)
		b.Visit(func(v *shop.Visitor) {
			testsite.Equal(t, string(v.FavoriteColor()), want, header)
			testsite.Equal(t, v.HasFavoriteColor(), want != "", header)
		})
		if want == "" && !strings.HasPrefix(header, "FAV") && s.Count(runtime.EventCookieRefused) == before {
			t.Errorf("%s: no event", header)
		}
	}
}

func TestASVS_3_3_5_CookieThatCannotBeSentFailsTheCommit(t *testing.T) {
	for name, set := range map[string]func(v *shop.Visitor){
		"too long":              func(v *shop.Visitor) { v.SetTheme(strings.Repeat("x", 4092)) },
		"too long when encoded": func(v *shop.Visitor) { v.SetTheme(strings.Repeat("é", 700)) },
		"too long when signed":  func(v *shop.Visitor) { v.SetCampaign(strings.Repeat("x", 3100)) },
		"far too long":          func(v *shop.Visitor) { v.SetCampaign(strings.Repeat("x", 100_000)) },
		"undeclared":            func(v *shop.Visitor) { v.SetFavoriteColor("red") },
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			s.Store.Took()
			response := b.Visit(func(v *shop.Visitor) { v.AddVisits(1); v.SetUserID(8); set(v) })
			testsite.Equal(t, response.StatusCode, http.StatusInternalServerError, "status")
			testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
			testsite.Equal(t, s.Store.Took(), "load", "store calls")
			testsite.Equal(t, s.Count(runtime.EventCommitFailed), 1, "commit failed events")
			b.Visit(func(v *shop.Visitor) { set(v); v.Destroy() })
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "Destroy reaches the store all the same: user")
		})
	}
	s := testsite.New(t)
	b := s.Browser()
	longest := strings.Repeat("x", 4096-len("theme"))
	b.Visit(func(v *shop.Visitor) { v.SetTheme(longest) })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Theme), longest, "the longest that fits")
}

func TestSignedAndEncryptedCookies(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetCampaign("spring"); v.SetTicket(4242424242) })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Campaign), "spring", "campaign")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Ticket), 4242424242, "ticket")
	b.Visit(func(v *shop.Visitor) { v.SetCampaign("") })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), true, "an empty signed value is a value")

	for _, name := range []string{"campaign", "ticket"} {
		good := b.Cookies[name]
		for i := range good {
			forged := b.Clone()
			forged.Cookies[name] = good[:i] + string(good[i]^1) + good[i+1:]
			forged.Visit(func(v *shop.Visitor) {
				if name == "campaign" && v.HasCampaign() || name == "ticket" && v.HasTicket() {
					t.Errorf("%s with byte %d changed was accepted", name, i)
				}
			})
		}
	}
	swapped := b.Clone()
	swapped.Cookies["ticket"], swapped.Cookies["campaign"] = b.Cookies["campaign"], b.Cookies["ticket"]
	swapped.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.HasTicket(), false, "a campaign as a ticket")
		testsite.Equal(t, v.HasCampaign(), false, "a ticket as a campaign")
	})
	for _, plain := range []string{"", "spring", "c3ByaW5n"} {
		b.Cookies["campaign"] = plain
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), false, "a plain value where a signed one belongs")
	}
	if strings.Contains(b.Cookies["ticket"], "4242424242") {
		t.Error("the ticket can be read")
	}
}

// Two applications may have the same keys, and cookies of the same names.
func TestApplicationsDoNotShareCookies(t *testing.T) {
	s := testsite.New(t)
	visitors := map[string]*shop.VisitorManager{
		"no name": s.Visitors,
		"shop":    s.NewManager(runtime.WithApplication("shop")),
		"billing": s.NewManager(runtime.WithApplication("billing")),
	}
	for from, made := range visitors {
		b := s.Browser()
		b.Manager = made
		b.Visit(func(v *shop.Visitor) { v.SetCampaign("spring"); v.SetTicket(42) })
		for to, read := range visitors {
			b.Manager = read
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), from == to, "a signed cookie of "+from+" at "+to)
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasTicket), from == to, "an encrypted cookie of "+from+" at "+to)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	old, fresh := []byte("q7GmZt2Wc9Ky4Vn8Xb5Rj1Hs6Pd3Lf0T"), []byte("N4hYx8Ke2Ua6Bo1Dw9Cz5Mv7Qi3Sg0Jr")
	ring := func(secrets ...[]byte) *keyring.Keys {
		keys, err := keyring.NewKeys(secrets...)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	s := testsite.New(t, runtime.WithKeys(ring(old)))
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetCampaign("spring"); v.SetTicket(42) })
	b.Manager = s.NewManager(runtime.WithKeys(ring(fresh, old)))
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Campaign), "spring", "campaign under the old secret")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Ticket), 42, "ticket under the old secret")
	b.Visit(func(v *shop.Visitor) { v.SetCampaign("summer") })
	b.Manager = s.NewManager(runtime.WithKeys(ring(fresh)))
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Campaign), "summer", "campaign under the new secret")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasTicket), false, "ticket when the old secret is gone")
}

func TestRenamedCookie(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetCampaign("spring") })
	// A cookie of the earlier name can only be one that was made for it.
	b.Cookies["source"] = b.Cookies["campaign"]
	delete(b.Cookies, "campaign")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), false, "the new cookie under the earlier name")
	b.Cookies["source"] = s.SealedAs(t, "source", "autumn")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Campaign), "autumn", "the earlier cookie")
	response := b.Visit(func(v *shop.Visitor) { v.SetCampaign("winter") })
	lines := response.Header["Set-Cookie"]
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "campaign=") || !strings.HasPrefix(lines[1], "source=; Max-Age=0") {
		t.Errorf("Set-Cookie: %q", lines)
	}
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Campaign), "winter", "the new name wins")
}

func TestCookieWithoutTheSession(t *testing.T) {
	s := testsite.New(t)
	theme := s.Visitors.ThemeCookie()
	r := httptest.NewRequest("GET", "/", nil)
	value, found := theme.Read(r)
	testsite.Equal(t, value, "light", "default")
	testsite.Equal(t, found, false, "found")
	w := httptest.NewRecorder()
	http.SetCookie(w, &http.Cookie{Name: "theme", Value: "old"})
	http.SetCookie(w, &http.Cookie{Name: "themes", Value: "other"})
	if err := theme.Write(w, "dark"); err != nil {
		t.Fatal(err)
	}
	testsite.Equal(t, strings.Join(w.Header()["Set-Cookie"], "|"), "themes=other|theme=dark; Max-Age=31536000; Path=/; SameSite=Lax; Secure", "Set-Cookie")
	if err := theme.Write(w, strings.Repeat("x", 5000)); !errors.Is(err, runtime.ErrCookie) {
		t.Errorf("too long: %v", err)
	}
	if err := s.Visitors.FavoriteColorCookie().Write(w, "red"); !errors.Is(err, runtime.ErrCookie) {
		t.Errorf("undeclared: %v", err)
	}
	r.Header.Set("Cookie", "theme=dark")
	value, found = theme.Read(r)
	testsite.Equal(t, value, "dark", "value")
	testsite.Equal(t, found, true, "found")
	theme.Delete(w)
	testsite.Equal(t, len(w.Header()["Set-Cookie"]), 2, "cookies after Delete")
}

func TestCVE_2023_30861_ResponsesWithCookiesAreNotPublic(t *testing.T) {
	s := testsite.New(t)
	for given, want := range map[string]string{
		"":                     "no-store",
		"public, max-age=60":   "no-store",
		"max-age=60":           "no-store",
		"private=\"x-header\"": "no-store",
		"private, max-age=60":  "private, max-age=60",
		"max-age=0, No-Store":  "max-age=0, No-Store",
	} {
		response := s.Browser().Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			if given != "" {
				w.Header().Set("Cache-Control", given)
			}
			v.SetTheme("dark")
		})
		testsite.Equal(t, response.Header.Get("Cache-Control"), want, given)
	}
}

func TestCVE_2023_30861_NoCacheIsToldOtherwise(t *testing.T) {
	s := testsite.New(t)
	headers := []string{"CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control", "Edge-Control", "X-Accel-Expires"}
	serve := func(b *testsite.Browser, change func(v *shop.Visitor)) *http.Response {
		return b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			for _, name := range headers {
				w.Header().Set(name, "max-age=600")
			}
			w.Header().Set("Cache-Control", "private")
			change(v)
		})
	}
	b := s.Browser()
	check := func(what string, change func(v *shop.Visitor), want string) {
		response := serve(b, change)
		for _, name := range headers {
			testsite.Equal(t, response.Header.Get(name), want, what+": "+name)
		}
	}
	check("read", func(v *shop.Visitor) { v.Visits() }, "max-age=600")
	check("cookie of a session", func(v *shop.Visitor) { v.SetUserID(7) }, "")
	check("cookie", func(v *shop.Visitor) { v.SetTheme("dark") }, "")
	s.Store.Stand(testsite.Down("update"), nil)
	check("error page", func(v *shop.Visitor) { v.AddVisits(1) }, "")
	s.Store.Stand(nil, nil)
}

// What gorilla/securecookie makes with its own keys is not ours.
func TestForeignSecureCookieIsRefused(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	foreign, err := securecookie.New([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"), nil).Encode("campaign", "spring")
	if err != nil {
		t.Fatal(err)
	}
	b.Cookies["campaign"] = foreign
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), false, "accepted")
}

// RFC 9111 has must-understand switch no-store off, and quotes may hold anything. RFC 9213
// lets caches of a network go by a header of their own, whatever Cache-Control says.
func TestCVE_2023_30861_NoHeaderLetsASharedCacheKeepACookie(t *testing.T) {
	s := testsite.New(t)
	targeted := []string{"CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control", "X-Accel-Expires"}
	serve := func(given string, change func(v *shop.Visitor)) http.Header {
		return s.Browser().Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", given)
			for _, name := range targeted {
				w.Header().Set(name, "max-age=600")
			}
			change(v)
		}).Header
	}
	for _, given := range []string{
		"must-understand, no-store, max-age=60", "public, max-age=60, x=\"a, no-store, b\"", "public, max-age=60, x=\"a, private, b\"", "no-store=x",
	} {
		header := serve(given, func(v *shop.Visitor) { v.SetTheme("dark") })
		testsite.Equal(t, header.Get("Cache-Control"), "no-store", given)
		for _, name := range targeted {
			testsite.Equal(t, header.Get(name), "", name)
		}
	}
	header := serve("no-cache", func(v *shop.Visitor) { v.SetTheme(strings.Repeat("x", 5000)) })
	testsite.Equal(t, header.Get("Cache-Control"), "no-store", "Cache-Control of an error page")
	testsite.Equal(t, header.Get("CDN-Cache-Control"), "", "CDN-Cache-Control of an error page")
	header = serve("public, max-age=60", func(v *shop.Visitor) {})
	testsite.Equal(t, header.Get("Cache-Control"), "public, max-age=60", "Cache-Control without a cookie")
	testsite.Equal(t, header.Get("CDN-Cache-Control"), "max-age=600", "CDN-Cache-Control without a cookie")
}
