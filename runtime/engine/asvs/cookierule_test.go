package asvs

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	runtimecookie "github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func TestCookieRule_APrefixIsRefusedWithoutWhatItPromises(t *testing.T) {
	safe := runtimecookie.Options{Path: "/", Secure: true, HTTPOnly: true}
	for _, test := range []struct {
		name    string
		spoil   func(o *runtimecookie.Options)
		refused string // prefixes
	}{
		{"as they are by themselves", func(*runtimecookie.Options) {}, ""},
		{"without Secure", func(o *runtimecookie.Options) { o.Secure = false }, "__Secure- __Host- __hOST- __Http- __Host-Http-"},
		{"without HttpOnly", func(o *runtimecookie.Options) { o.HTTPOnly = false }, "__Http- __Host-Http-"},
		{"with a domain", func(o *runtimecookie.Options) { o.Domain = "shop.example" }, "__Host- __hOST- __Host-Http-"},
		{"with a path", func(o *runtimecookie.Options) { o.Path = "/app" }, "__Host- __hOST- __Host-Http-"},
	} {
		for _, prefix := range []string{"", "__Secure-", "__Host-", "__hOST-", "__Http-", "__Host-Http-", "__Hos-", "x__Host-"} {
			options := safe
			options.Name = prefix + "theme"
			test.spoil(&options)
			_, err := testsite.TextCookie(t, options)
			if refused := slices.Contains(strings.Fields(test.refused), prefix); (err != nil) != refused {
				t.Errorf("%s %s: %v", options.Name, test.name, err)
			}
		}
	}
}

// Every byte arrives as it was set, in a header that carries none but harmless ones.
func TestCookieRule_AValueIsEncodedOrRefusedNeverChanged(t *testing.T) {
	for _, protection := range []runtimecookie.Protection{runtimecookie.Plain, runtimecookie.Signed, runtimecookie.Encrypted} {
		cookie, err := testsite.TextCookie(t, runtimecookie.Options{Name: "theme", Path: "/", Secure: true, Protection: protection})
		if err != nil {
			t.Fatal(err)
		}
		for b := range 256 {
			for _, value := range []string{string([]byte{byte(b)}), string([]byte{'a', byte(b), 'b'}), string([]byte{byte(b), byte(b), ' '})} {
				lines := testsite.SetCookieLines(func(w http.ResponseWriter) {
					if err := cookie.Write(w, value); err != nil {
						t.Fatal(err)
					}
				})
				sent, _, _ := strings.Cut(strings.TrimPrefix(lines[0], "theme="), ";")
				if strings.ContainsFunc(sent, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\",;\\", r) }) {
					t.Errorf("%q is sent as %q", value, sent)
				}
				r := httptest.NewRequest("GET", "/", nil)
				r.Header.Set("Cookie", "theme="+sent)
				if got, found := cookie.Read(r); !found || got != value {
					t.Errorf("%q came back as %q, %v", value, got, found)
				}
			}
		}
		if lines := testsite.SetCookieLines(func(w http.ResponseWriter) { err = cookie.Write(w, strings.Repeat("x", 5000)) }); err == nil || len(lines) > 0 {
			t.Errorf("5000 bytes: %v, %q", err, lines)
		}
	}
}

// A browser deletes a cookie by name, domain and path, and takes a deletion under a
// prefix, or in a partition, only with the attributes that belong to it.
func TestCookieRule_DeletionHasTheAttributesOfSetting(t *testing.T) {
	for i := range 64 {
		options := runtimecookie.Options{
			Name: "theme", Path: "/", MaxAge: time.Hour, Secure: true, SameSite: []http.SameSite{0, 2, 3, 4}[i%4],
			HTTPOnly: i&4 != 0, Partitioned: i&8 != 0,
		}
		switch i >> 4 {
		case 1:
			options.Name = "__Host-theme"
		case 2:
			options.Path, options.Domain = "/app", "shop.example"
		case 3:
			options.Name, options.Path = "__Secure-theme", "/app"
		}
		options.Was = "earlier"
		cookie, err := testsite.TextCookie(t, options)
		if err != nil {
			t.Fatal(err)
		}
		set := testsite.SetCookieLines(func(w http.ResponseWriter) {
			if err := cookie.Write(w, "dark"); err != nil {
				t.Fatal(err)
			}
		})
		deleted := testsite.SetCookieLines(cookie.Delete)
		if len(set) != 2 || len(deleted) != 2 || set[1] != deleted[1] {
			t.Fatalf("with an earlier name: %q, %q", set, deleted)
		}
		attributes := func(line string) []string {
			read, err := testsite.ReadSetCookie(line)
			if err != nil {
				t.Fatal(err)
			}
			return slices.DeleteFunc(read.Attributes, func(a string) bool {
				return strings.HasPrefix(a, "max-age=") || strings.HasPrefix(a, "expires=")
			})
		}
		for j, name := range []string{options.Name, options.Was} {
			if !slices.Equal(attributes(set[0]), attributes(deleted[j])) || !strings.HasPrefix(deleted[j], name+"=;") {
				t.Errorf("set by %q, deleted by %q", set[0], deleted[j])
			}
		}
	}
}

// A browser keeps the last of two lines, caches and proxies may keep the first.
func TestCookieRule_NoNameTwiceInAResponse(t *testing.T) {
	s := testsite.New(t)
	for name, h := range map[string]testsite.Handler{
		"set twice":       func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.SetTheme("a"); v.SetTheme("b") },
		"set and cleared": func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.SetTheme("a"); v.ClearTheme() },
		"set, and again by hand": func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "theme", Value: "by hand"})
			v.SetTheme("b")
			testsite.Equal(t, s.Visitors.ThemeCookie().Write(w, "c"), nil, "error")
		},
		"committed twice": func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			v.SetTheme("a")
			v.SetUserID(7)
			testsite.Equal(t, v.Commit(r.Context()), nil, "error")
			v.SetTheme("b")
			v.SetUserID(8)
			testsite.Equal(t, v.Commit(r.Context()), nil, "error")
			v.Renew()
			v.SetCampaign("spring")
		},
		"destroyed after a commit": func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			v.SetUserID(7)
			testsite.Equal(t, v.Commit(r.Context()), nil, "error")
			v.Destroy()
		},
		"signed in after it was destroyed": func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			v.Destroy()
			testsite.Equal(t, v.Commit(r.Context()), nil, "error")
			v.SetUserID(9)
		},
		"a name and its earlier one": func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			v.SetCampaign("spring")
			s.Visitors.CampaignCookie().Delete(w)
		},
	} {
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(1) })
		var names []string
		for _, line := range b.Serve(h).Header["Set-Cookie"] {
			read, err := testsite.ReadSetCookie(line)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, read.Name)
		}
		slices.Sort(names)
		if len(names) == 0 || len(slices.Compact(slices.Clone(names))) != len(names) {
			t.Errorf("%s: the response has the cookies %v", name, names)
		}
	}
}

// Browsers differ in what they assume where it is left out.
func TestCookieRule_SameSiteIsAlwaysSent(t *testing.T) {
	for sameSite, want := range map[http.SameSite]string{
		0: "SameSite=Lax", http.SameSiteDefaultMode: "SameSite=Lax", http.SameSiteLaxMode: "SameSite=Lax",
		http.SameSiteStrictMode: "SameSite=Strict", http.SameSiteNoneMode: "SameSite=None",
	} {
		cookie, err := testsite.TextCookie(t, runtimecookie.Options{Name: "theme", Path: "/", Secure: true, SameSite: sameSite})
		if err != nil {
			t.Fatal(err)
		}
		write := func(w http.ResponseWriter) { testsite.Equal(t, cookie.Write(w, "dark"), nil, "error") }
		for _, lines := range [][]string{testsite.SetCookieLines(write), testsite.SetCookieLines(cookie.Delete)} {
			if strings.Count(lines[0], "SameSite=") != 1 || !strings.Contains(lines[0], "; "+want) {
				t.Errorf("%d: %q", sameSite, lines)
			}
		}
	}
	b := testsite.New(t).Browser()
	for _, response := range []*http.Response{
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.Remember(true) }),
		b.Visit((*shop.Visitor).Renew),
		b.Visit((*shop.Visitor).Destroy),
	} {
		if lines := response.Header["Set-Cookie"]; len(lines) != 1 || !strings.Contains(lines[0], "; SameSite=Lax;") {
			t.Errorf("session cookie: %q", lines)
		}
	}
}

// In net/http both are spelt MaxAge, 0 and below, and one is taken for the other.
func TestCookieRule_DeletingNowIsNotKeepingWithoutMaxAge(t *testing.T) {
	b := testsite.New(t).Browser()
	lines := b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTicket(1) }).Header["Set-Cookie"]
	testsite.Equal(t, len(lines), 2, "cookies that end with the browser")
	for _, line := range lines {
		if strings.Contains(line, "Max-Age") || strings.Contains(line, "Expires") {
			t.Errorf("kept for a time that nobody named: %q", line)
		}
	}
	for _, line := range b.Visit(func(v *shop.Visitor) { v.Destroy(); v.ClearTicket() }).Header["Set-Cookie"] {
		if !strings.Contains(line, "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT;") {
			t.Errorf("not deleted by both: %q", line)
		}
	}
	testsite.Equal(t, len(b.Cookies), 0, "cookies left")
}

// A client may split the cookies of a request into a line for each; Go's does so over
// HTTP/2, where it saves space, and HTTP/1.1 carries what is given.
func TestCookieRule_CookiesSplitIntoSeveralLinesAreRead(t *testing.T) {
	s := testsite.New(t)
	signedIn := s.Browser()
	signedIn.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	server := httptest.NewUnstartedServer(s.Visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := shop.VisitorFrom(r.Context())
		w.Header().Set("Seen", strings.Join([]string{r.Proto, strconv.FormatInt(v.UserID(), 10), string(v.FavoriteColor()), v.Theme()}, " "))
	})))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	for _, version := range []string{"HTTP/2.0", "HTTP/1.1"} {
		client := server.Client()
		if version == "HTTP/1.1" {
			transport := client.Transport.(*http.Transport).Clone()
			transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
			transport.ForceAttemptHTTP2 = false
			transport.TLSClientConfig.NextProtos = nil
			t.Cleanup(transport.CloseIdleConnections)
			client = &http.Client{Transport: transport}
		}
		for _, lines := range [][]string{
			{"theme=dark; favorite_color=blue; " + testsite.SessionCookie + "=" + signedIn.Cookies[testsite.SessionCookie]},
			{"theme=dark", "favorite_color=blue", testsite.SessionCookie + "=" + signedIn.Cookies[testsite.SessionCookie]},
			{testsite.SessionCookie + "=" + signedIn.Cookies[testsite.SessionCookie], "", "x", "favorite_color=blue; theme=dark"},
		} {
			request, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header["Cookie"] = lines
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			testsite.Equal(t, response.Header.Get("Seen"), version+" 7 blue dark", strings.Join(lines, " | "))
		}
	}
}

// net/http gives up at 3,000 cookies and says that there are none.
func TestCookieRule_MoreThan3000CookiesAreRead(t *testing.T) {
	s := testsite.New(t)
	signedIn := s.Browser()
	signedIn.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTicket(42) })
	own := "; theme=dark; " + testsite.SessionCookie + "=" + signedIn.Cookies[testsite.SessionCookie] + "; ticket=" + signedIn.Cookies["ticket"]
	for _, others := range []int{2997, 3001, 100_000} {
		b := s.Browser()
		b.Header.Set("Cookie", strings.Repeat("a=b; ", others)+own)
		b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			if others > 3000 {
				testsite.Equal(t, len(r.Cookies()), 0, "cookies that net/http finds")
			}
			testsite.Equal(t, v.UserID(), 7, "user")
			testsite.Equal(t, v.Theme(), "dark", "theme")
			testsite.Equal(t, v.Ticket(), 42, "ticket")
		})
	}
}
