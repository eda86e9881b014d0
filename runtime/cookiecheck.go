package runtime

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What browsers keep of a cookie (RFC 6265bis sections 5.5 and 5.6).
const (
	maxAttribute = 1024
	maxCookieAge = 400 * 24 * time.Hour
)

// check refuses what would not come out of a Set-Cookie header as the cookie that
// was meant. The generator has checked a tag long before, and says where it stands;
// here it is about options that somebody wrote by hand, or took from a stranger: they
// are refused, never repaired, for what is left of a repaired attribute is another
// one (CVE-2024-47764).
func (o *CookieOptions) check() error {
	if err := o.problem(); err != nil {
		return fmt.Errorf("the cookie %q %w", o.Name, err)
	}
	return nil
}

func (o *CookieOptions) problem() error {
	switch {
	case !isToken(o.Name):
		return errors.New("has a name that is no token of RFC 6265")
	case len(o.Name) > maxCookie:
		return fmt.Errorf("has a name of more than %d bytes", maxCookie)
	case !strings.HasPrefix(o.Path, "/") || strings.ContainsFunc(o.Path, notInPath):
		return fmt.Errorf("has the path %q, which no request's path has", o.Path)
	case o.Domain != "" && !isDomain(o.Domain):
		return fmt.Errorf("has the domain %q, which is no host name", o.Domain)
	case len(o.Path) > maxAttribute || len(o.Domain) > maxAttribute:
		return fmt.Errorf("has an attribute of more than %d bytes", maxAttribute)
	case o.MaxAge < 0 || o.MaxAge > maxCookieAge || o.MaxAge%time.Second != 0:
		return fmt.Errorf("has a Max-Age of %v: whole seconds up to 400 days are kept, and 0 leaves it out", o.MaxAge)
	case o.SameSite < 0 || o.SameSite > http.SameSiteNoneMode:
		return errors.New("has a SameSite that there is not")
	case !o.Secure && o.SameSite == http.SameSiteNoneMode:
		return errors.New("has SameSite=None without Secure")
	case !o.Secure && o.Partitioned:
		return errors.New("is Partitioned without Secure")
	case o.Protection > Encrypted:
		return errors.New("has a protection that there is not")
	}
	return o.checkPrefix()
}

// checkPrefix refuses attributes that a name's prefix rules out. Browsers match
// prefixes without regard to case.
func (o *CookieOptions) checkPrefix() error {
	name := strings.ToLower(o.Name)
	host := strings.HasPrefix(name, "__host-")
	scripted := strings.HasPrefix(name, "__http-") || strings.HasPrefix(name, "__host-http-")
	switch {
	case (host || scripted || strings.HasPrefix(name, "__secure-")) && !o.Secure:
		return errors.New("has a prefix that asks for Secure")
	case scripted && !o.HTTPOnly:
		return errors.New("has a prefix that asks for HttpOnly")
	case host && (o.Domain != "" || o.Path != "/"):
		return errors.New("has a prefix that asks for Path=/ and no Domain")
	}
	return nil
}

func isToken(s string) bool {
	for i := range len(s) {
		if !isLetterOrDigit(s[i]) && strings.IndexByte("!#$%&'*+-.^_`|~", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

func isLetterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// notInPath are the characters that browsers encode in the paths of requests, or take for
// another one, and those that end a path or an attribute.
func notInPath(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(";?#\"<>\\`{}", r) }

// isDomain says whether a browser takes s for a host name, with or without a dot
// ahead.
func isDomain(s string) bool {
	for label := range strings.SplitSeq(strings.TrimPrefix(s, "."), ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if !isLetterOrDigit(label[i]) && label[i] != '-' {
				return false
			}
		}
	}
	return true
}
