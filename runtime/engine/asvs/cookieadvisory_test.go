package asvs

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// A name, path or domain with a semicolon became attributes of its own.
func TestCVE_2024_47764_NoPartOfACookieBecomesAnAttribute(t *testing.T) {
	safe := cookie.Options{Name: "theme", Path: "/", Secure: true, HTTPOnly: true}
	if _, err := testsite.TextCookie(t, safe); err != nil {
		t.Fatal(err)
	}
	for _, evil := range []string{
		"a; Domain=evil.example", "a;Max-Age=0", "a\r\nSet-Cookie: b=c", "a\n", "a\x00", "a\x7f", "ä", "a b", "a\t", "a, b", "\u2028", "a?", "a#", "a\"", "a\\", "a{",
	} {
		for part, options := range map[string]cookie.Options{
			"name":         {Name: evil, Path: "/"},
			"earlier name": {Name: "theme", Was: evil, Path: "/"},
			"path":         {Name: "theme", Path: "/" + evil},
			"domain":       {Name: "theme", Path: "/", Domain: evil + ".example"},
		} {
			harmless := strings.HasSuffix(part, "name") && evil == "a#"
			if _, err := testsite.TextCookie(t, options); (err == nil) != harmless {
				t.Errorf("the %s %q: %v", part, evil, err)
			}
		}
	}
	for _, options := range []cookie.Options{
		{Path: "/"}, {Name: "a=b", Path: "/"}, {Name: "theme"}, {Name: "theme", Path: "app"},
		{Name: "theme", Path: "/", Domain: "."}, {Name: "theme", Path: "/", Domain: "a..b"}, {Name: "theme", Path: "/", Domain: "-a.b"},
		{Name: "theme", Path: "/", SameSite: 9, Secure: true}, {Name: "theme", Path: "/", SameSite: http.SameSiteNoneMode},
		{Name: "theme", Path: "/", Partitioned: true}, {Name: "theme", Path: "/", Protection: 9},
		{Name: "theme", Path: "/" + strings.Repeat("p", 1024)}, {Name: strings.Repeat("n", 4097), Path: "/"},
	} {
		if _, err := testsite.TextCookie(t, options); err == nil {
			t.Errorf("accepted: %+v", options)
		}
	}
	// What a stranger has in hand most often is the value.
	s := testsite.New(t)
	for _, value := range []string{"dark; Domain=evil.example", "dark\r\nSet-Cookie: a=b", "\"; HttpOnly"} {
		lines := s.Browser().Visit(func(v *shop.Visitor) { v.SetTheme(value) }).Header["Set-Cookie"]
		exactlyOneCookie(t, lines, cookie.Options{Name: "theme", Path: "/", MaxAge: 365 * 24 * time.Hour, Secure: true})
	}
}

// Decoded names let "%5F%5FHost-" pass for "__Host-", which any page of a subdomain
// may set.
func TestCVE_2020_8184_NamesAreNeverDecoded(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTicket(42) })
	spellings := func(name string) []string {
		all := []string{strings.ToUpper(name), `"` + name + `"`, "+" + name, name + "+", name + "%00"}
		for i := range name {
			all = append(all, fmt.Sprintf("%s%%%02X%s", name[:i], name[i], name[i+1:]), fmt.Sprintf("%s%%%02x%s", name[:i], name[i], name[i+1:]))
		}
		return all
	}
	for _, spelling := range spellings(testsite.SessionCookie) {
		other := s.Browser()
		other.Header.Set("Cookie", spelling+"="+b.Cookies[testsite.SessionCookie])
		testsite.Equal(t, testsite.See(other, (*shop.Visitor).UserID), 0, spelling)
	}
	for name, value := range map[string]string{"theme": "dark", "favorite_color": "blue", "ticket": b.Cookies["ticket"]} {
		for _, spelling := range spellings(name) {
			other := s.Browser()
			other.Header.Set("Cookie", spelling+"="+value)
			other.Visit(func(v *shop.Visitor) {
				testsite.Equal(t, v.HasTheme() || v.HasFavoriteColor() || v.HasTicket(), false, spelling)
			})
		}
	}
}

// A cookie without a name, which a page of a subdomain may set, is sent as its value
// alone: what is in it stands for nothing.
func TestCVE_2023_23934_ACookieWithoutANameShadowsNothing(t *testing.T) {
	s := testsite.New(t)
	mine, thiefs := s.Browser(), s.Browser()
	mine.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	thiefs.Visit(func(v *shop.Visitor) { v.SetUserID(666) })
	token, planted := mine.Cookies[testsite.SessionCookie], thiefs.Cookies[testsite.SessionCookie]
	for _, nameless := range []string{
		"=" + testsite.SessionCookie + "=" + planted, "==" + testsite.SessionCookie + "=" + planted, "= " + testsite.SessionCookie + "=" + planted, " =" + testsite.SessionCookie + "=" + planted,
		"=theme=evil", "=", "==", "=;=", testsite.SessionCookie, "theme",
	} {
		for _, header := range []string{nameless + "; theme=dark; " + testsite.SessionCookie + "=" + token, testsite.SessionCookie + "=" + token + ";theme=dark;" + nameless} {
			b := s.Browser()
			b.Header.Set("Cookie", header)
			b.Visit(func(v *shop.Visitor) {
				testsite.Equal(t, v.UserID(), 7, "user with "+nameless)
				testsite.Equal(t, v.Theme(), "dark", "theme with "+nameless)
			})
		}
		alone := s.Browser()
		alone.Header.Set("Cookie", nameless)
		alone.Visit(func(v *shop.Visitor) {
			testsite.Equal(t, v.UserID() == 0 && !v.HasTheme(), true, "nothing but "+nameless)
		})
	}
}

// What counts seconds in a header must not wrap around, nor promise what no browser
// keeps.
func TestCVE_2017_18589_NoMaxAgeIsHuge(t *testing.T) {
	const longest = 400 * 24 * time.Hour
	for _, age := range []time.Duration{longest + time.Second, 1<<63 - 1, -time.Second, -1 << 63, 1500 * time.Millisecond, time.Nanosecond} {
		if _, err := testsite.TextCookie(t, cookie.Options{Name: "theme", Path: "/", MaxAge: age}); err == nil {
			t.Errorf("a Max-Age of %v is accepted", age)
		}
	}
	if _, err := testsite.TextCookie(t, cookie.Options{Name: "theme", Path: "/", MaxAge: longest}); err != nil {
		t.Error(err)
	}
	// A session may outlive what a browser keeps.
	for lifetime, want := range map[time.Duration]string{
		longest - time.Hour: "; Max-Age=34556400;", longest: "; Max-Age=34560000;", 292 * 365 * 24 * time.Hour: "; Max-Age=34560000;",
	} {
		s := testsite.New(t)
		schema := testsite.MiniSchema("id", nil)
		schema.Idle, schema.Lifetime = lifetime, lifetime
		manager := testsite.NewMini(t, s, schema)
		w := testsite.NewRecorder()
		manager.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			m := testsite.MiniFrom(r)
			m.Session.Remember(true)
			engine.Set(&m.Session, testsite.MiniNote, &m.Note, "x")
		})).ServeHTTP(w, s.Browser().Request("GET"))
		if lines := w.Header()["Set-Cookie"]; len(lines) != 1 || !strings.Contains(lines[0], want) {
			t.Errorf("a lifetime of %v: %q", lifetime, lines)
		}
	}
}

// lookAtAll reads all cookie fields and the session.
func lookAtAll(v *shop.Visitor) {
	v.UserID()
	v.Theme()
	v.FavoriteColor()
	v.Campaign()
	v.Ticket()
}

// A header of a megabyte of "a=;" made a program hold as many cookies as there can be.
func TestCVE_2025_58186_AMegabyteOfCookiesCostsNothing(t *testing.T) {
	for _, pair := range []string{"a=;", "=;", ";", "a;", "a=b; ", "__Host-visito=;", "__Host-visitor ;", "themes=x;", "THEME=x;"} {
		s := testsite.New(t)
		b := s.Browser()
		b.Header.Set("Cookie", strings.Repeat(pair, 1<<20/len(pair)))
		began := time.Now()
		got := testsite.AllocatedBytes(func() { b.Visit(lookAtAll) })
		testsite.Equal(t, s.Store.Took(), "", "store calls for "+pair)
		testsite.Equal(t, len(s.Events), 0, "events for "+pair)
		if got > 32<<10 {
			t.Errorf("a megabyte of %q: %d bytes allocated", pair, got)
		}
		t.Logf("a megabyte of %q: %d bytes allocated, %v for each request", pair, got, time.Since(began)/5)
	}
}

// Four kilobytes of one cookie, which announced more than it held, took megabytes.
func TestCVE_2026_25899_FourKilobytesOfAnyCookieAllocateLittle(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetCampaign("spring"); v.SetTicket(42) })
	fillings := map[string]func(size int) string{
		"letters":      func(size int) string { return strings.Repeat("A", size) },
		"escapes":      func(size int) string { return strings.Repeat("%41", size/3) },
		"half escapes": func(size int) string { return strings.Repeat("%", size) },
		"ends":         func(size int) string { return strings.Repeat("\xff", size) },
		"nested":       func(size int) string { return strings.Repeat("\x0a", size) },
	}
	for _, name := range []string{testsite.SessionCookie, "theme", "favorite_color", "campaign", "source", "ticket"} {
		for filling, of := range fillings {
			for _, head := range []string{"", b.Cookies[name]} { // so that what is looked at first is as it should be
				if len(head) > 40 {
					head = head[:40]
				}
				attacker := s.Browser()
				attacker.Cookies[name] = head + of(4096-len(name)-len(head))
				got := testsite.AllocatedBytes(func() { attacker.Clone().Visit(lookAtAll) })
				if got > 64<<10 {
					t.Errorf("%s of %s behind %q: %d bytes allocated", name, filling, head, got)
				}
			}
		}
	}
}
