package cookie_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/cookie"
)

const day = 24 * time.Hour

// sound are options that break no rule.
func sound() cookie.Options {
	return cookie.Options{
		Name: "theme", Path: "/", MaxAge: 400 * day, SameSite: http.SameSiteLaxMode,
		Secure: true, HTTPOnly: true, Protection: cookie.Signed,
	}
}

// Every rule, with the attribute that a tag is marked at, and the text of rule and remedy.
func TestCheck_EveryRule(t *testing.T) {
	long := strings.Repeat("a", 1025)
	token := "use ASCII letters, digits and - _ . ! # $ % & ' * + ^ ` | ~"
	host := "write it in ASCII letters, digits, hyphens and dots, without scheme, port or final dot"
	for _, c := range []struct {
		spoil     func(o *cookie.Options)
		attribute string
		value     bool
		text      string
	}{
		{func(o *cookie.Options) { o.Name = "" }, "name", true, `"" is not a valid cookie name (RFC 6265 token): ` + token},
		{func(o *cookie.Options) { o.Name = "a b" }, "name", true, `"a b" is not a valid cookie name (RFC 6265 token): ` + token},
		{func(o *cookie.Options) { o.Name = "a=b" }, "name", true, `"a=b" is not a valid cookie name (RFC 6265 token): ` + token},
		{func(o *cookie.Options) { o.Name = "ü" }, "name", true, `"ü" is not a valid cookie name (RFC 6265 token): ` + token},
		{func(o *cookie.Options) { o.Name = strings.Repeat("a", 4097) }, "name", true, "cookie name of 4097 bytes is longer than the 4096 that browsers accept: shorten it"},
		{func(o *cookie.Options) { o.Was = "a;b" }, "was", true, `"a;b" is not a valid cookie name (RFC 6265 token): ` + token},
		{func(o *cookie.Options) { o.Was = strings.Repeat("a", 4097) }, "was", true, "cookie name of 4097 bytes is longer than the 4096 that browsers accept: shorten it"},

		{func(o *cookie.Options) { o.Path = "" }, "path", true, "path= does not begin with /, so browsers ignore it: write an absolute path"},
		{func(o *cookie.Options) { o.Path = "app" }, "path", true, "path=app does not begin with /, so browsers ignore it: write an absolute path"},
		{func(o *cookie.Options) { o.Path = "/a;b" }, "path", true, "path=/a;b has a character that no request's path has: percent-encode it"},
		{func(o *cookie.Options) { o.Path = "/a b" }, "path", true, "path=/a b has a character that no request's path has: percent-encode it"},
		{func(o *cookie.Options) { o.Path = "/ü" }, "path", true, "path=/ü has a character that no request's path has: percent-encode it"},
		{func(o *cookie.Options) { o.Path = "/" + long }, "path", true, "path has 1026 bytes, and browsers ignore attributes of more than 1024: shorten it"},

		{func(o *cookie.Options) { o.Domain = long }, "domain", true, "domain has 1025 bytes, and browsers ignore attributes of more than 1024: shorten it"},
		{func(o *cookie.Options) { o.Domain = "shop.example." }, "domain", true, "domain=shop.example. is not a host name: " + host},
		{func(o *cookie.Options) { o.Domain = "shop..example" }, "domain", true, "domain=shop..example is not a host name: " + host},
		{func(o *cookie.Options) { o.Domain = "..shop.example" }, "domain", true, "domain=..shop.example is not a host name: " + host},
		{func(o *cookie.Options) { o.Domain = "." }, "domain", true, "domain=. is not a host name: " + host},
		{func(o *cookie.Options) { o.Domain = "-shop.example" }, "domain", true, "domain=-shop.example is not a host name: " + host},
		{func(o *cookie.Options) { o.Domain = "shop-.example" }, "domain", true, "domain=shop-.example is not a host name: " + host},
		{func(o *cookie.Options) { o.Domain = "shop_1.example" }, "domain", true, "domain=shop_1.example is not a host name: " + host},
		{func(o *cookie.Options) { o.Domain = "bücher.example" }, "domain", true, "domain=bücher.example is not a host name: " + host},
		{func(o *cookie.Options) { o.Domain = "shop.example:80" }, "domain", true, "domain=shop.example:80 is not a host name: " + host},
		{func(o *cookie.Options) { o.Domain = long[:64] + ".example" }, "domain", true, "domain=" + long[:64] + ".example is not a host name: " + host},
		{func(o *cookie.Options) { o.Domain = "com" }, "domain", true, "domain=com is a top-level domain, for which browsers refuse cookies: write the domain below it, or remove domain"},
		{func(o *cookie.Options) { o.Domain = ".com" }, "domain", true, "domain=.com is a top-level domain, for which browsers refuse cookies: write the domain below it, or remove domain"},

		{func(o *cookie.Options) { o.MaxAge = -time.Hour }, "max-age", true, "max-age=-1h would delete the cookie: remove max-age to keep it until the browser is closed, and use Clear to delete it"},
		{func(o *cookie.Options) { o.MaxAge = -time.Millisecond }, "max-age", true, "max-age=-1ms would delete the cookie: remove max-age to keep it until the browser is closed, and use Clear to delete it"},
		{func(o *cookie.Options) { o.MaxAge = 1500 * time.Millisecond }, "max-age", true, "max-age=1.5s is not in whole seconds, as cookies count: round it"},
		{func(o *cookie.Options) { o.MaxAge = 400*day + time.Second }, "max-age", true, "max-age=9600h0m1s is more than the 400 days that browsers keep a cookie: write max-age=400d or less"},
		{func(o *cookie.Options) { o.MaxAge = 401 * day }, "max-age", true, "max-age=401d is more than the 400 days that browsers keep a cookie: write max-age=400d or less"},

		{func(o *cookie.Options) { o.SameSite = -1 }, "samesite", true, "invalid SameSite value: write strict, lax or none"},
		{func(o *cookie.Options) { o.SameSite = http.SameSiteNoneMode + 1 }, "samesite", true, "invalid SameSite value: write strict, lax or none"},
		{func(o *cookie.Options) { o.SameSite, o.Secure = http.SameSiteNoneMode, false }, "secure", false, "browsers refuse SameSite=None without Secure: remove secure=false, or use samesite=lax"},
		{func(o *cookie.Options) { o.Partitioned, o.Secure = true, false }, "secure", false, "browsers refuse Partitioned without Secure: remove one of secure=false and partitioned"},
		{func(o *cookie.Options) { o.Protection = cookie.Encrypted + 1 }, "protection", true, "invalid protection: use Plain, Signed or Encrypted"},
	} {
		o := sound()
		c.spoil(&o)
		found := cookie.Check(o)
		if len(found) != 1 {
			t.Errorf("%s: %d problems: %v", c.text, len(found), found)
			continue
		}
		p := found[0]
		if p.Attribute != c.attribute || p.Value != c.value || p.Error() != c.text || p.Rule == "" || p.Remedy == "" {
			t.Errorf("got %s (value %t): %v\nwant %s (value %t): %s", p.Attribute, p.Value, p, c.attribute, c.value, c.text)
		}
	}
}

func TestCheck_AcceptsWhatBrowsersKeep(t *testing.T) {
	longest := strings.Repeat("a", 63)
	for name, change := range map[string]func(o *cookie.Options){
		"as they are":                    func(*cookie.Options) {},
		"every character of a token":     func(o *cookie.Options) { o.Name = "aZ09!#$%&'*+-.^_`|~" },
		"a name of 4096 bytes":           func(o *cookie.Options) { o.Name = strings.Repeat("a", 4096) },
		"an earlier name":                func(o *cookie.Options) { o.Was = "colour" },
		"a path of 1024 bytes":           func(o *cookie.Options) { o.Path = "/" + strings.Repeat("a", 1023) },
		"a path with an encoded space":   func(o *cookie.Options) { o.Path = "/a%20b/,=(~)" },
		"a domain":                       func(o *cookie.Options) { o.Domain = "shop.example" },
		"a domain with a dot before it":  func(o *cookie.Options) { o.Domain = ".shop.example" },
		"a domain of another alphabet":   func(o *cookie.Options) { o.Domain = "xn--bcher-kva.example" },
		"a label of 63 bytes":            func(o *cookie.Options) { o.Domain = longest + ".example" },
		"a domain of 1024 bytes":         func(o *cookie.Options) { o.Domain = strings.Repeat("a.", 511) + "aa" },
		"localhost":                      func(o *cookie.Options) { o.Domain = "localhost" },
		"an IP address":                  func(o *cookie.Options) { o.Domain = "127.0.0.1" },
		"no Max-Age":                     func(o *cookie.Options) { o.MaxAge = 0 },
		"a Max-Age of a second":          func(o *cookie.Options) { o.MaxAge = time.Second },
		"no SameSite":                    func(o *cookie.Options) { o.SameSite = 0 },
		"SameSite=None with Secure":      func(o *cookie.Options) { o.SameSite = http.SameSiteNoneMode },
		"Partitioned with Secure":        func(o *cookie.Options) { o.Partitioned = true },
		"neither Secure nor HttpOnly":    func(o *cookie.Options) { o.Secure, o.HTTPOnly = false, false },
		"an encrypted value":             func(o *cookie.Options) { o.Protection = cookie.Encrypted },
		"a value that is to be redacted": func(o *cookie.Options) { o.Secret = true },
	} {
		o := sound()
		change(&o)
		if found := cookie.Check(o); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// Browsers match prefixes in any case (RFC 6265bis section 4.1.3), and the earlier name of a
// cookie is bound by its prefix as the present one is.
func TestCheck_PrefixesInEveryCase(t *testing.T) {
	breaches := []struct {
		attribute, without, remedy string
		spoil                      func(o *cookie.Options)
	}{
		{"secure", "without Secure", "remove secure=false", func(o *cookie.Options) { o.Secure = false }},
		{"httponly", "without HttpOnly", "remove httponly=false", func(o *cookie.Options) { o.HTTPOnly = false }},
		{"domain", "with a domain", "remove domain", func(o *cookie.Options) { o.Domain = "shop.example" }},
		{"path", "with another path than /", "remove path", func(o *cookie.Options) { o.Path = "/app" }},
	}
	for prefix, bound := range map[string]string{
		"__Secure-":    "secure",
		"__Host-":      "secure domain path",
		"__Http-":      "secure httponly",
		"__Host-Http-": "secure httponly domain path",
		"":             "",
		"__Hos-":       "",
		"x__Host-":     "",
		"__Host":       "",
	} {
		for _, spelled := range []string{prefix, strings.ToLower(prefix), strings.ToUpper(prefix), swapCase(prefix)} {
			for _, earlier := range []bool{false, true} {
				whole := sound()
				name := spelled + "theme"
				if whole.Name = name; earlier {
					whole.Name, whole.Was = "theme", name
				}
				if found := cookie.Check(whole); len(found) > 0 {
					t.Errorf("%s with all that it insists on: %v", name, found)
				}
				all := whole
				var want []string
				for _, b := range breaches {
					broken := whole
					b.spoil(&broken)
					b.spoil(&all)
					found := cookie.Check(broken)
					if !slices.Contains(strings.Fields(bound), b.attribute) {
						if len(found) > 0 {
							t.Errorf("%s %s: %v", name, b.without, found)
						}
						continue
					}
					text := "browsers refuse " + name + " " + b.without + ": " + b.remedy + ", or take another name"
					want = append(want, text)
					if len(found) != 1 || found[0].Attribute != b.attribute || found[0].Value || found[0].Error() != text {
						t.Errorf("%s %s: got %v, want %s", name, b.without, found, text)
					}
				}
				if got := texts(cookie.Check(all)); !slices.Equal(got, want) {
					t.Errorf("%s with nothing that it insists on: got %q, want %q", name, got, want)
				}
			}
		}
	}
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if lower := []rune(strings.ToLower(string(r)))[0]; lower != r {
			return lower
		}
		return []rune(strings.ToUpper(string(r)))[0]
	}, s)
}

func texts(found []cookie.Problem) (all []string) {
	for _, p := range found {
		all = append(all, p.Error())
	}
	return all
}

// All problems are reported at once, in one order.
func TestCheck_ReportsAllProblems(t *testing.T) {
	o := cookie.Options{
		Name: "__Host-a b", Was: "=", Path: "app", Domain: "com", MaxAge: -time.Second, SameSite: 9,
		Partitioned: true, Protection: 9,
	}
	var attributes []string
	for _, p := range cookie.Check(o) {
		attributes = append(attributes, p.Attribute)
	}
	want := "name was path domain max-age samesite secure protection secure domain"
	if got := strings.Join(attributes, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The parts that the generator asks for by themselves are those of Check.
func TestCheck_ItsPartsAgreeWithIt(t *testing.T) {
	for _, text := range []string{"", "theme", "a b", ".", "shop.example", "com", "localhost", strings.Repeat("a", 5000), "shop.example."} {
		named := sound()
		named.Name = text
		if got, want := texts(cookie.CheckName("name", text)), texts(cookie.Check(named)); !slices.Equal(got, want) {
			t.Errorf("the name %.20q: got %q, want %q", text, got, want)
		}
		if text == "" {
			continue // no domain, and no earlier name
		}
		was, domain := sound(), sound()
		was.Was, domain.Domain = text, text
		if got, want := texts(cookie.CheckName("was", text)), texts(cookie.Check(was)); !slices.Equal(got, want) {
			t.Errorf("the earlier name %.20q: got %q, want %q", text, got, want)
		}
		if got, want := texts(cookie.CheckDomain(text)), texts(cookie.Check(domain)); !slices.Equal(got, want) {
			t.Errorf("the domain %.20q: got %q, want %q", text, got, want)
		}
	}
	negative := sound()
	negative.MaxAge = -30 * time.Minute
	if got := cookie.Check(negative); len(got) != 1 || got[0] != cookie.DeletesAtOnce("-30m") {
		t.Errorf("a negative Max-Age: got %v, want %v", got, cookie.DeletesAtOnce("-30m"))
	}
}

// FuzzCheck: what Check accepts, net/http reads from the Set-Cookie line as it was given.
func FuzzCheck(f *testing.F) {
	f.Add("theme", "/", "", int64(3600), uint8(3))
	f.Add("__hOsT-theme", "/", "shop.example", int64(-1), uint8(0))
	f.Add("theme; Secure", "/; Domain=evil.example", "shop.example, evil.example", int64(400*24*60*60), uint8(63))
	f.Add("theme\r\n", "/\x00", "a.-b", int64(1), uint8(12))
	f.Fuzz(func(t *testing.T, name, path, domain string, seconds int64, flags uint8) {
		o := cookie.Options{
			Name: name, Path: path, Domain: domain, MaxAge: time.Duration(seconds%(1<<33)) * time.Second,
			Secure: flags&1 != 0, HTTPOnly: flags&2 != 0, Partitioned: flags&4 != 0, SameSite: http.SameSite(flags >> 3 & 7),
		}
		if len(cookie.Check(o)) > 0 {
			return
		}
		line := cookie.Line(o.Name, "value", int(o.MaxAge/time.Second), cookie.Attributes(&o))
		got, err := http.ParseSetCookie(line)
		if err != nil || len(got.Unparsed) > 0 {
			t.Fatalf("%q: %v, %q", line, err, got)
		}
		if got.Name != name || got.Value != "value" || got.Path != path || got.Domain != domain || got.MaxAge != int(o.MaxAge/time.Second) ||
			got.Secure != o.Secure || got.HttpOnly != o.HTTPOnly || got.Partitioned != o.Partitioned {
			t.Fatalf("%q is read as %+v", line, got)
		}
		if err := got.Valid(); err != nil && len(domain) <= 255 { // net/http sends no longer one
			t.Fatalf("%q: net/http would not send it: %v", line, err)
		}
	})
}

// What no tag can say is refused in options that were written by hand.
func TestCheckRefusesValuesThatNoTagHas(t *testing.T) {
	for want, o := range map[string]cookie.Options{
		"invalid SameSite value: write strict, lax or none":  {Name: "theme", Path: "/", SameSite: http.SameSiteNoneMode + 1, Secure: true},
		"invalid protection: use Plain, Signed or Encrypted": {Name: "theme", Path: "/", SameSite: http.SameSiteLaxMode, Secure: true, Protection: cookie.Encrypted + 1},
	} {
		if found := cookie.Check(o); len(found) != 1 || found[0].Error() != want {
			t.Errorf("%+v: %v, want %s", o, found, want)
		}
	}
}
