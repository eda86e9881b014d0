package migrate

import (
	"fmt"
	"go/constant"
	"strings"
	"time"
)

// blankField is what the tag of the blank field says.
type blankField struct {
	idle, lifetime string
	cookie         string
	notes          []string
}

// value is what a program sets an option to. What it sets to several values is reported.
func (p *program) value(option, otherwise string) string {
	found := p.settings[option]
	if len(found) == 0 {
		return otherwise
	}
	for _, s := range found[1:] {
		switch {
		case s.value == found[0].value:
		case option == "name":
			p.problemf(s.pos, "an old cookie is called %q here and %q at %s: if these are two kinds of sessions, the schema mixes the keys of both: take them apart, or run init for each with its own packages and -type",
				s.value, found[0].value, p.position(found[0].pos))
		default:
			p.problemf(s.pos, "%s is %q here and %q at %s: the schema has the first one; if these are two kinds of sessions, run init for each with its own packages and -type",
				option, s.value, found[0].value, p.position(found[0].pos))
		}
	}
	return found[0].value
}

// blankOf makes the blank field of settings, and of a library's own where there are none.
func (p *program) blankOf(defaults map[string]string) blankField {
	value := func(option string) string { return p.value(option, defaults[option]) }
	b := blankField{idle: value("idle"), lifetime: value("lifetime")}
	if idle, lifetime := parseSpan(b.idle), parseSpan(b.lifetime); idle > lifetime {
		b.notes = append(b.notes, fmt.Sprintf("The program set an idle timeout of %s, which exceeds the lifetime.", b.idle))
		b.idle = b.lifetime
	}
	name, domain, path := p.config.Type, value("domain"), value("path")
	options := []string{"__Host-" + name}
	switch {
	case domain != "":
		options = []string{name, "domain=" + strings.TrimPrefix(domain, ".")}
		if path != "" && path != "/" {
			options = append(options, "path="+path)
		}
	case path != "" && path != "/":
		options = []string{"__Secure-" + name, "path=" + path}
	}
	options = append(options, "samesite="+value("samesite"))
	if value("partitioned") == "true" {
		options = append(options, "partitioned")
	}
	b.cookie = strings.Join(options, ",")
	p.oldName = value("name")
	was := "The cookie was called " + p.oldName
	if p.nameIsOpen() {
		was = "These packages do not set the cookie's name"
	}
	b.notes = append(b.notes, fmt.Sprintf("%s. The new cookie has another name to tell them apart; it is always Secure and HttpOnly.", was))
	return b
}

func parseSpan(text string) time.Duration {
	d, _ := time.ParseDuration(text)
	return d
}

func durationText(v constant.Value) string {
	n, _ := constant.Int64Val(constant.ToInt(v))
	text := time.Duration(n).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// secondsText is a Max-Age.
func secondsText(v constant.Value) string {
	n, _ := constant.Int64Val(constant.ToInt(v))
	return durationText(constant.MakeInt64(n * int64(time.Second)))
}

// sameSiteText is a constant of net/http as a tag writes it.
func sameSiteText(v constant.Value) string {
	switch n, _ := constant.Int64Val(constant.ToInt(v)); n {
	case 3:
		return "strict"
	case 4:
		return "none"
	}
	return "lax"
}
