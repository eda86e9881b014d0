package cookie

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What browsers keep of a cookie (RFC 6265bis sections 5.5 and 5.6). They ignore a longer
// cookie or attribute, and shorten a later expiry.
const (
	// MaxSize is the number of bytes that a cookie's name and value have together at most.
	MaxSize = 4096
	// MaxAge is the longest time for which a cookie is kept.
	MaxAge = 400 * 24 * time.Hour

	maxAttributeSize = 1024 // bytes of a value
)

// Problem is a rule that a cookie's options break. [Check] returns all of a cookie's.
type Problem struct {
	Attribute string // the attribute's name in a tag, such as path or max-age; name and was for the names
	Value     bool   // the attribute's value is wrong by itself, whatever the other attributes are
	Age       string // for max-age: the value as it was written, which Rule does not repeat
	Rule      string // what is wrong
	Remedy    string // how to correct it
}

// Error returns the rule, followed by the remedy.
func (p Problem) Error() string {
	if p.Age != "" {
		return p.Attribute + "=" + p.Age + " " + p.Rule + ": " + p.Remedy
	}
	return p.Rule + ": " + p.Remedy
}

// Check returns everything about a cookie that a browser would refuse or ignore, in the
// order of the attributes, and nil for sound options. These are all the rules: the generator
// adds the position in the tag, and a manager refuses options that were written by hand.
//
// Check never repairs an attribute, since a repaired one has another meaning
// (CVE-2024-47764). Its rules are those of RFC 6265bis sections 4.1 and 5.6, and for a
// domain those of RFC 1123 section 2.1.
func Check(o Options) []Problem {
	found := problems(CheckName("name", o.Name))
	if o.Was != "" {
		found = append(found, CheckName("was", o.Was)...)
	}
	found.checkPath(o.Path)
	if o.Domain != "" {
		found = append(found, CheckDomain(o.Domain)...)
	}
	found.checkMaxAge(o.MaxAge)
	found.checkSameSite(&o)
	if o.Protection > Encrypted {
		found.invalid("protection", "invalid protection", "use Plain, Signed or Encrypted")
	}
	found.checkPrefix(&o, o.Was)
	found.checkPrefix(&o, o.Name)
	return found
}

type problems []Problem

// invalid adds a problem of an attribute whose value is wrong by itself.
func (found *problems) invalid(attribute, rule, remedy string) {
	*found = append(*found, Problem{Attribute: attribute, Value: true, Rule: rule, Remedy: remedy})
}

// conflict adds a problem of an attribute that contradicts the name or another attribute.
func (found *problems) conflict(attribute, rule, remedy string) {
	*found = append(*found, Problem{Attribute: attribute, Rule: rule, Remedy: remedy})
}

// CheckName returns what [Check] finds wrong with a name. attribute is what a [Problem]
// calls it: name, or was for an earlier name.
func CheckName(attribute, name string) []Problem {
	var found problems
	switch {
	case !IsToken(name):
		found.invalid(attribute, fmt.Sprintf("%q is not a valid cookie name (RFC 6265 token)", name),
			"use ASCII letters, digits and - _ . ! # $ % & ' * + ^ ` | ~")
	case len(name) > MaxSize:
		found.invalid(attribute, fmt.Sprintf("cookie name of %d bytes is longer than the %d that browsers accept", len(name), MaxSize), "shorten it")
	}
	return found
}

func (found *problems) checkPath(path string) {
	switch {
	case !strings.HasPrefix(path, "/"):
		found.invalid("path", fmt.Sprintf("path=%s does not begin with /, so browsers ignore it", path), "write an absolute path")
	case strings.ContainsFunc(path, notInPath):
		found.invalid("path", fmt.Sprintf("path=%s has a character that no request's path has", path), "percent-encode it")
	default:
		found.checkSize("path", path)
	}
}

func (found *problems) checkSize(attribute, value string) bool {
	if len(value) <= maxAttributeSize {
		return true
	}
	found.invalid(attribute, fmt.Sprintf("%s has %d bytes, and browsers ignore attributes of more than %d", attribute, len(value), maxAttributeSize), "shorten it")
	return false
}

// CheckDomain returns what [Check] finds wrong with a domain. A dot before it is allowed, as
// browsers ignore it (RFC 6265bis section 5.6.3).
func CheckDomain(domain string) []Problem {
	var found problems
	if !found.checkSize("domain", domain) {
		return found
	}
	labels := strings.Split(strings.TrimPrefix(domain, "."), ".")
	for _, label := range labels {
		if !isLabel(label) {
			found.invalid("domain", fmt.Sprintf("domain=%s is not a host name", domain),
				"write it in ASCII letters, digits, hyphens and dots, without scheme, port or final dot")
			return found
		}
	}
	if len(labels) == 1 && labels[0] != "localhost" {
		found.invalid("domain", fmt.Sprintf("domain=%s is a top-level domain, for which browsers refuse cookies", domain),
			"write the domain below it, or remove domain")
	}
	return found
}

func (found *problems) checkMaxAge(age time.Duration) {
	refuse := func(rule, remedy string) {
		*found = append(*found, Problem{Attribute: "max-age", Value: true, Age: spellAge(age), Rule: rule, Remedy: remedy})
	}
	switch {
	case age < 0:
		*found = append(*found, DeletesAtOnce(spellAge(age)))
	case age%time.Second != 0:
		refuse("is not in whole seconds, as cookies count", "round it")
	case age > MaxAge:
		refuse("is more than the 400 days that browsers keep a cookie", "write max-age=400d or less")
	}
}

// DeletesAtOnce returns the problem of a Max-Age of zero or less, which age spells as it was
// written. Only the generator sees a zero: in [Options] it leaves Max-Age out.
func DeletesAtOnce(age string) Problem {
	return Problem{Attribute: "max-age", Value: true, Age: age, Rule: "would delete the cookie",
		Remedy: "remove max-age to keep it until the browser is closed, and use Clear to delete it"}
}

// spellAge spells a duration as a tag does: whole days as days, and no zero units.
func spellAge(age time.Duration) string {
	const day = 24 * time.Hour
	if age != 0 && age%day == 0 {
		return strconv.FormatInt(int64(age/day), 10) + "d"
	}
	text := age.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (found *problems) checkSameSite(o *Options) {
	if o.SameSite < 0 || o.SameSite > http.SameSiteNoneMode {
		found.invalid("samesite", "invalid SameSite value", "write strict, lax or none")
	}
	if !o.Secure && o.SameSite == http.SameSiteNoneMode {
		found.conflict("secure", "browsers refuse SameSite=None without Secure", "remove secure=false, or use samesite=lax")
	}
	if !o.Secure && o.Partitioned {
		found.conflict("secure", "browsers refuse Partitioned without Secure", "remove one of secure=false and partitioned")
	}
}

// cookiePrefixes are the beginnings of names for which browsers insist on attributes
// (RFC 6265bis section 4.1.3). Where two match a name, the longer one comes first.
var cookiePrefixes = []struct {
	prefix                 string
	httpOnly, host, secure bool
}{
	{prefix: "__Host-Http-", secure: true, httpOnly: true, host: true},
	{prefix: "__Host-", secure: true, host: true},
	{prefix: "__Http-", secure: true, httpOnly: true},
	{prefix: "__Secure-", secure: true},
}

// checkPrefix finds the attributes that a name's prefix rules out. Browsers ignore case when
// they match a prefix (RFC 6265bis section 5.4).
func (found *problems) checkPrefix(o *Options, name string) {
	for _, rule := range cookiePrefixes {
		if !hasPrefix(name, rule.prefix) {
			continue
		}
		refuse := func(broken bool, attribute, without, remedy string) {
			if broken {
				found.conflict(attribute, fmt.Sprintf("browsers refuse %s %s", name, without), remedy+", or take another name")
			}
		}
		refuse(rule.secure && !o.Secure, "secure", "without Secure", "remove secure=false")
		refuse(rule.httpOnly && !o.HTTPOnly, "httponly", "without HttpOnly", "remove httponly=false")
		refuse(rule.host && o.Domain != "", "domain", "with a domain", "remove domain")
		refuse(rule.host && strings.HasPrefix(o.Path, "/") && o.Path != "/", "path", "with another path than /", "remove path")
		return
	}
}

// BareName returns a cookie's [BaseName] in lower case. Two names with one bare name are easily
// taken for each other.
func BareName(name string) string { return strings.ToLower(BaseName(name)) }

// BaseName returns a cookie's name without a prefix of RFC 6265bis section 4.1.3. One prefix is
// removed, the longest one that matches in any case, as browsers match it. What remains keeps
// its case.
func BaseName(name string) string {
	for _, rule := range cookiePrefixes {
		if hasPrefix(name, rule.prefix) {
			return name[len(rule.prefix):]
		}
	}
	return name
}

func hasPrefix(name, prefix string) bool {
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// IsToken reports whether s is a token, as a cookie's name must be (RFC 9110 section 5.6.2).
func IsToken(s string) bool {
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

// notInPath reports whether no path of a request contains r: browsers encode it, replace it
// by another character, or end the path or the attribute there.
func notInPath(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(";?#\"<>\\`{}", r) }

// isLabel reports whether label may stand between the dots of a host name (RFC 1123 section 2.1).
func isLabel(label string) bool {
	for i := range len(label) {
		if !isLetterOrDigit(label[i]) && label[i] != '-' {
			return false
		}
	}
	return label != "" && len(label) <= 63 && label[0] != '-' && label[len(label)-1] != '-'
}
