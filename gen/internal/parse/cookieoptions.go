package parse

import (
	"net/http"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// cookieOptions reads a cookie's name and attributes, and refuses what a
// browser would refuse or ignore.
func (p *parser) cookieOptions(t *tag, name string) cookie.Options {
	o := cookie.Options{
		Name:        name,
		Path:        "/",
		SameSite:    http.SameSiteLaxMode,
		Secure:      t.on("secure", true),
		HTTPOnly:    t.on("httponly", true),
		Partitioned: t.on("partitioned", false),
	}
	for attribute, value := range map[string]*string{"path": &o.Path, "domain": &o.Domain, "was": &o.Was} {
		if t.has(attribute) {
			*value, _ = t.value(attribute)
		}
	}
	if t.has("max-age") {
		o.MaxAge = p.parseMaxAge(t)
	}
	if t.has("samesite") {
		o.SameSite = p.parseSameSite(t)
	}
	p.checkCookie(t, o)
	return o
}

// checkCookie reports what is wrong with a cookie where its tag says it.
func (p *parser) checkCookie(t *tag, o cookie.Options) {
	problems := cookie.Check(o)
	// Options cannot tell an empty attribute from none.
	if t.has("was") && o.Was == "" {
		problems = append(problems, cookie.CheckName("was", "")...)
	}
	if t.has("domain") && o.Domain == "" {
		problems = append(problems, cookie.CheckDomain("")...)
	}
	for _, problem := range problems {
		pos := t.where(problem.Attribute)
		switch {
		case problem.Attribute == "name":
			pos = t.at
		case problem.Value:
			_, pos = t.value(problem.Attribute)
		}
		if problem.Age != "" {
			problem.Age, _ = t.value(problem.Attribute)
		}
		p.Errorf(pos, "%s", problem.Error())
	}
}

func (p *parser) parseMaxAge(t *tag) time.Duration {
	text, pos := t.value("max-age")
	age, err := parseDuration(text)
	switch {
	case err != nil:
		p.Errorf(pos, "max-age=%s %v", text, err)
	case age == 0:
		p.Errorf(pos, "%s", cookie.DeletesAtOnce(text).Error())
	}
	return age
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
	p.Errorf(pos, "invalid samesite value %s: write strict, lax or none", text)
	return http.SameSiteLaxMode
}
