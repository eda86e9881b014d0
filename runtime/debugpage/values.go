package debugpage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// redacted is what a session prints of a secret value.
const redacted = "[redacted]"

// How much is shown of a value, in characters.
const (
	maxField  = 2000
	maxCookie = 80
)

// value is a field, or a cookie's value after it was opened.
type value struct {
	Key, Text string
	Redacted  bool
}

func values(printed map[string]json.RawMessage) []value {
	var list []value
	for key, text := range printed {
		list = append(list, opened(key, text, maxField))
	}
	slices.SortFunc(list, func(a, b value) int { return strings.Compare(a.Key, b.Key) })
	return list
}

func opened(key string, text json.RawMessage, most int) value {
	v := value{Key: printable(key), Redacted: string(text) == `"`+redacted+`"`}
	if v.Redacted {
		v.Text = redacted
	} else {
		v.Text = cut(printable(readable(text)), most)
	}
	return v
}

// readable is JSON without the escapes that are for pages made without html/template.
func readable(text json.RawMessage) string {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var decoded any
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if decoder.Decode(&decoded) != nil || encoder.Encode(decoded) != nil {
		return string(text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// printable escapes what would be invisible, or turn the direction of what follows.
func printable(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}

func cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}

// moment is a time, and how far it is from now.
type moment struct {
	What string
	At   time.Time
	now  time.Time
}

// Known says that there is such a time.
func (m moment) Known() bool { return !m.At.IsZero() }

// Machine is the time for the datetime attribute.
func (m moment) Machine() string { return m.At.UTC().Format(time.RFC3339Nano) }

// Clock is the time for people; a day other than today's is named.
func (m moment) Clock() string {
	at, now := m.At.Local(), m.now.Local()
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format("15:04:05")
	}
	return at.Format("2 January 15:04:05")
}

// Away is the distance in words: "3 minutes ago", "in 29 minutes".
func (m moment) Away() string {
	d := m.now.Sub(m.At)
	if d < 0 {
		return "in " + roughly(-d)
	}
	if d < time.Second {
		return "just now"
	}
	return roughly(d) + " ago"
}

func roughly(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		n := int(d.Round(unit.size/10+1) / unit.size)
		switch {
		case n == 1:
			return "1 " + unit.name
		case n > 1:
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return "a moment"
}

// sentCookie is a cookie as the browser sent it.
type sentCookie struct {
	Name, Kind string
	Size       int    // of name and value: browsers keep 4096 bytes
	Sent       string // what may be shown of it
	Hidden     bool   // Sent stands in for it
	Opened     *value // as the program reads it
	Refused    bool   // the program takes it for absent
}

// observer is the response writer that the session is loaded with. What is written to it
// goes nowhere.
type observer struct {
	header   http.Header
	session  cookie.Options
	declared []cookie.Options
}

func (o *observer) Header() http.Header         { return o.header }
func (o *observer) Write(b []byte) (int, error) { return len(b), nil }
func (o *observer) WriteHeader(int)             {}

// ObserveCookies is called by the runtime.
func (o *observer) ObserveCookies(session cookie.Options, declared []cookie.Options) {
	o.session, o.declared = session, declared
}

// cookies lists what the browser sent. Only what the schema declares as plain is shown:
// anything else may be a token. The values are nil if the session was not loaded.
func (o *observer) cookies(r *http.Request, values map[string]json.RawMessage) (list []sentCookie, size int) {
	for _, sent := range r.Cookies() {
		c := sentCookie{Name: printable(sent.Name), Size: len(sent.Name) + len(sent.Value), Hidden: true}
		size += c.Size
		switch options, found := o.find(sent.Name); {
		case sent.Name == o.session.Name && o.session.Protection == cookie.Encrypted:
			c.Kind, c.Sent = "the session, sealed", "[sealed]"
		case sent.Name == o.session.Name:
			c.Kind, c.Sent = "the session", "[token]"
		case !found:
			c.Kind, c.Sent = "not of this schema", "[not shown]"
		case options.Protection == cookie.Signed:
			c.Kind, c.Sent = "signed", redacted
		case options.Protection == cookie.Encrypted:
			c.Kind, c.Sent = "encrypted", redacted
		case options.Secret:
			c.Kind, c.Sent = "plain", redacted
		default:
			c.Kind, c.Sent, c.Hidden = "plain", cut(printable(sent.Value), maxCookie), false
		}
		if options, found := o.find(sent.Name); found {
			if text, valid := values[options.Name]; valid {
				v := opened(options.Name, text, maxCookie)
				c.Opened = &v
			} else {
				c.Refused = values != nil
			}
		}
		list = append(list, c)
	}
	return list, size
}

// find looks a cookie up by its name or its earlier one.
func (o *observer) find(name string) (cookie.Options, bool) {
	for _, options := range o.declared {
		if name == options.Name || name == options.Was && name != "" {
			return options, true
		}
	}
	return cookie.Options{}, false
}
