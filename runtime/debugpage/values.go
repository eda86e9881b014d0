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

// redacted is the text that a session prints for a secret value.
const redacted = "[redacted]"

// Lengths to which values are cut, in characters.
const (
	maxField  = 2000
	maxCookie = 80
)

// value is a field, or the value of an opened cookie.
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

// readable returns JSON without the HTML escapes, which html/template makes unnecessary.
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

// printable escapes characters that are invisible or change the direction of the text.
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

// moment is a time and its distance from now.
type moment struct {
	What string
	At   time.Time
	now  time.Time
}

// Known reports whether the time is set.
func (m moment) Known() bool { return !m.At.IsZero() }

// Machine returns the time for the datetime attribute.
func (m moment) Machine() string { return m.At.UTC().Format(time.RFC3339Nano) }

// Clock returns the time of day for people, with the date if it is not today.
func (m moment) Clock() string {
	at, now := m.At.Local(), m.now.Local()
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format("15:04:05")
	}
	return at.Format("2 January 15:04:05")
}

// Away returns the distance in words: "3 minutes ago", "in 29 minutes".
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
	Size       int    // the size of name and value, of which browsers keep 4096 bytes
	Sent       string // the value, or a placeholder for it
	Hidden     bool   // Sent is a placeholder
	Opened     *value // the value as the program reads it
	Refused    bool   // the program treats the cookie as absent
}

// observer is the response writer that the session is loaded with. It discards the response.
type observer struct {
	header   http.Header
	session  cookie.Options
	declared []cookie.Options
}

func (o *observer) Header() http.Header         { return o.header }
func (o *observer) Write(b []byte) (int, error) { return len(b), nil }
func (o *observer) WriteHeader(int)             {}

// ObserveCookies receives the cookies of the schema from the runtime.
func (o *observer) ObserveCookies(session cookie.Options, declared []cookie.Options) {
	o.session, o.declared = session, declared
}

// cookies lists the cookies that the browser has sent. It shows the values of plain cookies of
// the schema only, because any other one may be a token. values is nil if the session could
// not be loaded.
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

// find returns the options of the cookie with a name, present or former.
func (o *observer) find(name string) (cookie.Options, bool) {
	for _, options := range o.declared {
		if name == options.Name || name == options.Was && name != "" {
			return options, true
		}
	}
	return cookie.Options{}, false
}
