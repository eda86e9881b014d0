package parse

import (
	"go/token"
	"net/http"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// What RFC 6265bis lets a browser accept.
const (
	maxCookieBytes    = 4096 // name and value
	maxAttributeBytes = 1024
	maxCookieAge      = 400 * 24 * time.Hour
)

// cookieAttributes reads a cookie's name and attributes, and refuses what a
// browser would refuse or ignore.
func (p *parser) cookieAttributes(t *tag, name string) model.CookieAttributes {
	a := model.CookieAttributes{
		Name:        name,
		Path:        "/",
		SameSite:    http.SameSiteLaxMode,
		Secure:      t.on("secure", true),
		HTTPOnly:    t.on("httponly", true),
		Partitioned: t.on("partitioned", false),
	}
	p.checkCookieName(name, t.at)
	if path, pos := t.value("path"); t.has("path") && p.checkPath(path, pos) {
		a.Path = path
	}
	if domain, pos := t.value("domain"); t.has("domain") && p.checkDomain(domain, pos) {
		a.Domain = domain
	}
	if t.has("max-age") {
		a.MaxAge = p.parseMaxAge(t)
	}
	if t.has("samesite") {
		a.SameSite = p.parseSameSite(t)
	}
	if !a.Secure && a.SameSite == http.SameSiteNoneMode {
		p.Errorf(t.where("secure"), "browsers refuse SameSite=None without Secure: remove secure=false, or use samesite=lax")
	}
	if !a.Secure && a.Partitioned {
		p.Errorf(t.where("secure"), "browsers refuse Partitioned without Secure: remove one of secure=false and partitioned")
	}
	if was, pos := t.value("was"); t.has("was") {
		a.Was = was
		p.checkCookieName(was, pos)
		p.checkPrefix(t, a, was)
	}
	p.checkPrefix(t, a, name)
	return a
}

func (p *parser) checkCookieName(name string, pos token.Pos) {
	if !isToken(name) {
		p.Errorf(pos, "cookie name %q is no token as RFC 6265 wants it: use ASCII letters, digits and - _ . ! # $ %% & ' * + ^ ` | ~", name)
	} else if len(name) > maxCookieBytes {
		p.Errorf(pos, "cookie name of %d bytes is longer than the %d that browsers accept: shorten it", len(name), maxCookieBytes)
	}
}

func isToken(s string) bool {
	for _, c := range []byte(s) {
		if !isTokenByte(c) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// cookiePrefixes are what names may begin with so that browsers insist on
// attributes. Of two that fit, the longer one comes first.
var cookiePrefixes = []struct {
	prefix                 string
	httpOnly, host, secure bool
}{
	{prefix: "__Host-Http-", secure: true, httpOnly: true, host: true},
	{prefix: "__Host-", secure: true, host: true},
	{prefix: "__Http-", secure: true, httpOnly: true},
	{prefix: "__Secure-", secure: true},
}

// checkPrefix refuses attributes that a name's prefix rules out. Browsers match
// prefixes without regard to case.
func (p *parser) checkPrefix(t *tag, a model.CookieAttributes, name string) {
	for _, rule := range cookiePrefixes {
		if len(name) < len(rule.prefix) || !strings.EqualFold(name[:len(rule.prefix)], rule.prefix) {
			continue
		}
		if rule.secure && !a.Secure {
			p.Errorf(t.where("secure"), "browsers refuse %s without Secure: remove secure=false, or take another name", name)
		}
		if rule.httpOnly && !a.HTTPOnly {
			p.Errorf(t.where("httponly"), "browsers refuse %s without HttpOnly: remove httponly=false, or take another name", name)
		}
		if rule.host && t.has("domain") {
			p.Errorf(t.where("domain"), "browsers refuse %s with a domain: remove domain, or take another name", name)
		}
		if rule.host && a.Path != "/" {
			p.Errorf(t.where("path"), "browsers refuse %s with another path than /: remove path, or take another name", name)
		}
		return
	}
}

// notInPath are characters that browsers encode in the paths of requests, or take for
// another one, beside those that end a path or an attribute.
const notInPath = ";?#\"<>\\`{}"

func (p *parser) checkPath(path string, pos token.Pos) bool {
	invalid := strings.IndexFunc(path, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(notInPath, r) })
	switch {
	case !strings.HasPrefix(path, "/"):
		p.Errorf(pos, "path=%s does not begin with /, so browsers ignore it: write an absolute path", path)
	case invalid >= 0:
		p.Errorf(pos, "path=%s has a character that no request's path has: percent-encode it", path)
	default:
		return p.checkAttributeSize("path", path, pos)
	}
	return false
}

func (p *parser) checkAttributeSize(name, value string, pos token.Pos) bool {
	if len(value) <= maxAttributeBytes {
		return true
	}
	p.Errorf(pos, "%s has %d bytes, and browsers ignore attributes of more than %d: shorten it", name, len(value), maxAttributeBytes)
	return false
}

func (p *parser) checkDomain(domain string, pos token.Pos) bool {
	labels := strings.Split(strings.TrimPrefix(domain, "."), ".")
	if !p.checkAttributeSize("domain", domain, pos) {
		return false
	}
	for _, label := range labels {
		if !isLabel(label) {
			p.Errorf(pos, "domain=%s is no host name: write it in ASCII letters, digits, hyphens and dots, without scheme, port or final dot", domain)
			return false
		}
	}
	if len(labels) == 1 && labels[0] != "localhost" {
		p.Errorf(pos, "domain=%s is a top-level domain, for which browsers refuse cookies: write the domain below it, or remove domain", domain)
		return false
	}
	return true
}

func isLabel(label string) bool {
	for _, c := range []byte(label) {
		if c != '-' && (!isTokenByte(c) || strings.IndexByte("!#$%&'*+.^_`|~", c) >= 0) {
			return false
		}
	}
	return label != "" && len(label) <= 63 && label[0] != '-' && label[len(label)-1] != '-'
}

func (p *parser) parseMaxAge(t *tag) time.Duration {
	text, pos := t.value("max-age")
	age, err := parseDuration(text)
	switch {
	case err != nil:
		p.Errorf(pos, "max-age=%s %v", text, err)
	case age <= 0:
		p.Errorf(pos, "max-age=%s would delete the cookie: remove max-age to keep it until the browser is closed, and use Clear to delete it", text)
	case age%time.Second != 0:
		p.Errorf(pos, "max-age=%s is not in whole seconds, as cookies count: round it", text)
	case age > maxCookieAge:
		p.Errorf(pos, "max-age=%s is more than the 400 days that browsers keep a cookie: write max-age=400d or less", text)
	default:
		return age
	}
	return 0
}

func (p *parser) parseSameSite(t *tag) http.SameSite {
	text, pos := t.value("samesite")
	switch strings.ToLower(text) {
	case "strict":
		return http.SameSiteStrictMode
	case "lax":
		return http.SameSiteLaxMode
	case "none":
		return http.SameSiteNoneMode
	}
	p.Errorf(pos, "samesite=%s is unknown to browsers: write strict, lax or none", text)
	return http.SameSiteLaxMode
}
