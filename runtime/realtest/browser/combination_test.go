package browser

import (
	"fmt"
	"net/http"
	"strings"
)

const (
	site  = "shop.example"      // the registrable domain
	host  = "www.shop.example"  // sets the cookies
	other = "cart.shop.example" // shares those with a domain
	cross = "elsewhere.test"    // another site
)

// combination is one way to tag a cookie.
type combination struct {
	index       int
	prefix      string
	path        string
	domain      string
	days        int // of Max-Age; 0: none
	sameSite    http.SameSite
	secure      bool
	httpOnly    bool
	partitioned bool
}

var (
	prefixes  = []string{"", "__Secure-", "__Host-", "__hosT-", "__Http-", "__Host-Http-"}
	paths     = []string{"/", "/app"}
	domains   = []string{"", site}
	ages      = []int{0, 1, 401}
	sameSites = []http.SameSite{http.SameSiteLaxMode, http.SameSiteStrictMode, http.SameSiteNoneMode}
	onOff     = []bool{true, false}
)

// all is the cross product of the attributes.
func all() []combination {
	var product []combination
	for _, prefix := range prefixes {
		for _, path := range paths {
			for _, domain := range domains {
				for _, days := range ages {
					for _, sameSite := range sameSites {
						for flags := range 8 {
							product = append(product, combination{
								len(product), prefix, path, domain, days, sameSite,
								onOff[flags&1], onOff[flags>>1&1], !onOff[flags>>2],
							})
						}
					}
				}
			}
		}
	}
	return product
}

// rules are what RFC 6265bis and CHIPS have a browser refuse, and, last, what it only
// shortens.
var rules = []struct {
	says   string
	breaks func(c combination) bool
}{
	{"SameSite=None needs Secure (5.7)", func(c combination) bool { return c.sameSite == http.SameSiteNoneMode && !c.secure }},
	{"Partitioned needs Secure (CHIPS)", func(c combination) bool { return c.partitioned && !c.secure }},
	{"each of the prefixes needs Secure (4.1.3)", func(c combination) bool { return c.prefix != "" && !c.secure }},
	{"__Host- needs Path=/ and no Domain (4.1.3)", func(c combination) bool {
		return c.hostPrefix() && (c.domain != "" || c.path != "/")
	}},
	{"__Http- needs HttpOnly (4.1.3)", func(c combination) bool {
		return strings.Contains(strings.ToLower(c.prefix), "http-") && !c.httpOnly
	}},
	{shortened, func(c combination) bool { return c.days > 400 }},
}

// shortened is the rule that the generator makes an error of although a browser keeps
// such a cookie: for 400 days, which is not what the tag says.
const shortened = "Max-Age is 400 days at most (5.5)"

func (c combination) hostPrefix() bool {
	return strings.HasPrefix(strings.ToLower(c.prefix), "__host-")
}

// broken are the rules that a combination breaks.
func (c combination) broken() []string {
	var broken []string
	for _, rule := range rules {
		if rule.breaks(c) {
			broken = append(broken, rule.says)
		}
	}
	return broken
}

func (c combination) legal() bool { return len(c.broken()) == 0 }

// kept says whether a browser keeps the cookie, be it for a shorter time.
func (c combination) kept() bool {
	broken := c.broken()
	return len(broken) == 0 || len(broken) == 1 && broken[0] == shortened
}

func (c combination) field() string { return fmt.Sprintf("C%04d", c.index) }
func (c combination) name() string  { return fmt.Sprintf("%sc%04d", c.prefix, c.index) }

// protection turns through the three kinds, in another step than any attribute.
func (c combination) protection() string {
	return []string{"", "signed", "encrypted"}[(c.index/5+c.index)%3]
}

// awkward are values that a header cannot carry as they are, or that look like something
// else in one.
var awkward = []string{
	"plain", "a=b", "a;b,c", "ümlaut ✓ \U0001f36a", `"quoted"`, " around ", "100%", `back\slash`, "line\r\nbreak", "\x00\x7f",
	"__Host-x=y", "%5F%5F", "<script>", "; Domain=evil.example", "+", "'()*!~",
}

// value tells the cookie from all others; one in seventeen is empty.
func (c combination) value() string {
	if c.index%17 == 16 {
		return ""
	}
	return fmt.Sprint(c.index, awkward[c.index%len(awkward)])
}

// tag is the field's tag. What is there by itself is written out in one of two.
func (c combination) tag() string {
	parts := []string{c.name()}
	add := func(needed bool, part string) {
		if needed || c.index/3%2 == 0 {
			parts = append(parts, part)
		}
	}
	add(c.path != "/", "path="+c.path)
	add(c.sameSite != http.SameSiteLaxMode, "samesite="+map[http.SameSite]string{
		http.SameSiteLaxMode: "lax", http.SameSiteStrictMode: "strict", http.SameSiteNoneMode: "none",
	}[c.sameSite])
	add(!c.secure, fmt.Sprint("secure=", c.secure))
	add(!c.httpOnly, fmt.Sprint("httponly=", c.httpOnly))
	add(c.partitioned, fmt.Sprint("partitioned=", c.partitioned))
	if c.domain != "" {
		parts = append(parts, "domain="+c.domain)
	}
	if c.days > 0 {
		parts = append(parts, fmt.Sprintf("max-age=%dd", c.days))
	}
	if protection := c.protection(); protection != "" {
		parts = append(parts, protection)
	}
	return strings.Join(parts, ",")
}

// line is the Set-Cookie header that a program without our generator would send.
func (c combination) line() string {
	line := c.name() + "=raw; Path=" + c.path
	if c.domain != "" {
		line += "; Domain=" + c.domain
	}
	if c.days > 0 {
		line += fmt.Sprint("; Max-Age=", c.days*24*60*60)
	}
	line += "; SameSite=" + map[http.SameSite]string{
		http.SameSiteLaxMode: "Lax", http.SameSiteStrictMode: "Strict", http.SameSiteNoneMode: "None",
	}[c.sameSite]
	for name, on := range map[string]bool{"Secure": c.secure, "HttpOnly": c.httpOnly, "Partitioned": c.partitioned} {
		if on {
			line += "; " + name
		}
	}
	return line
}

// names are those of the cookies that a condition holds for.
func names(of []combination, condition func(c combination) bool) []string {
	var names []string
	for _, c := range of {
		if condition(c) {
			names = append(names, c.name())
		}
	}
	return names
}

func legalOnes() []combination {
	var legal []combination
	for _, c := range all() {
		if c.legal() {
			legal = append(legal, c)
		}
	}
	return legal
}
