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
	MaxSize          = 4096 // bytes of name and value together
	MaxAttributeSize = 1024 // bytes
	MaxAge           = 400 * 24 * time.Hour
)

// Problem is a rule that a cookie's options break.
type Problem struct {
	Attribute string // as it is called in a tag: path, max-age; "name" for the name
	Value     bool   // the attribute's value breaks it by itself, whatever the others are
	Age       string // of a Max-Age, as it was written: the rule is about it
	Rule      string // what is wrong
	Remedy    string // what to do about it
}

// Error is the rule with the remedy.
func (p Problem) Error() string {
	if p.Age != "" {
		return p.Attribute + "=" + p.Age + " " + p.Rule + ": " + p.Remedy
	}
	return p.Rule + ": " + p.Remedy
}

// Check returns what a browser would refuse or ignore about a cookie, in the order of
// its attributes. These are all the rules there are: the generator adds the position in the
// tag, and a manager refuses options that were written by hand. Options are refused and never
// repaired, because what is left of a repaired attribute is another one (CVE-2024-47764).
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

// invalid is for an attribute whose value is wrong by itself.
func (found *problems) invalid(attribute, rule, remedy string) {
	*found = append(*found, Problem{Attribute: attribute, Value: true, Rule: rule, Remedy: remedy})
}

// conflict is for an attribute that is wrong beside the name or another attribute.
func (found *problems) conflict(attribute, rule, remedy string) {
	*found = append(*found, Problem{Attribute: attribute, Rule: rule, Remedy: remedy})
}

// CheckName is the part of [Check] for a name, which attribute has: name or was.
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
	if len(value) <= MaxAttributeSize {
		return true
	}
	found.invalid(attribute, fmt.Sprintf("%s has %d bytes, and browsers ignore attributes of more than %d", attribute, len(value), MaxAttributeSize), "shorten it")
	return false
}

// CheckDomain is the part of [Check] for a domain.
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

// DeletesAtOnce is the problem of a Max-Age that is not above zero, as it was written. In
// options, zero leaves Max-Age out.
func DeletesAtOnce(age string) Problem {
	return Problem{Attribute: "max-age", Value: true, Age: age, Rule: "would delete the cookie",
		Remedy: "remove max-age to keep it until the browser is closed, and use Clear to delete it"}
}

// spellAge writes a duration as a tag does, with days where they are whole.
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

// cookiePrefixes are what names may begin with so that browsers insist on
// attributes (RFC 6265bis section 4.1.3). Of two that fit, the longer one comes first.
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
func (found *problems) checkPrefix(o *Options, name string) {
	for _, rule := range cookiePrefixes {
		if len(name) < len(rule.prefix) || !strings.EqualFold(name[:len(rule.prefix)], rule.prefix) {
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

// BareName is a cookie's name in lower case and without the prefix that makes browsers
// insist on attributes.
func BareName(name string) string {
	name = strings.ToLower(name)
	for _, rule := range cookiePrefixes {
		if bare, found := strings.CutPrefix(name, strings.ToLower(rule.prefix)); found {
			return bare
		}
	}
	return name
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

// notInPath are the characters that browsers encode in the paths of requests, or take for
// another one, and those that end a path or an attribute.
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
