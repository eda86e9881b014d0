package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// sessionCookie is the session cookie's name, as in visitor's tag.
const sessionCookie = "__Host-visitor"

// seal is a fingerprint of the token in the session cookie: it shows that the
// token was replaced, and not the token. Without one it is empty.
func seal(r *http.Request) string {
	cookies := r.CookiesNamed(sessionCookie) //sessiongen:ignore it is read to be shown, not to know who it is
	if len(cookies) != 1 {
		return ""
	}
	sum := sha256.Sum256([]byte(cookies[0].Value))
	return hex.EncodeToString(sum[:4])
}

// cookieSeen is a cookie as the browser sent it.
type cookieSeen struct {
	Name, Value, Kind string
	Scripts           bool // JavaScript may read it
}

var cookieKinds = map[string]string{
	sessionCookie:    "the session’s token",
	"favorite_color": "plain",
	"theme":          "plain, open to scripts",
	"campaign":       "signed",
	"doorstep":       "encrypted",
}

// cookiesSeen lists the cookies in the request's header. The token opens the
// session to whoever reads it, so it is never shown in full.
func cookiesSeen(r *http.Request) []cookieSeen {
	var seen []cookieSeen
	for _, c := range r.Cookies() {
		value := c.Value
		if c.Name == sessionCookie {
			value = value[:min(6, len(value))] + "…"
		}
		kind, ours := cookieKinds[c.Name]
		if !ours {
			kind = "not ours"
		}
		seen = append(seen, cookieSeen{c.Name, value, kind, c.Name == "theme"})
	}
	return seen
}

// entry is a field of the session, or a cookie's value after it was opened.
type entry struct{ Key, Value string }

// printed is the session as MarshalJSON prints it: without its secrets.
type printed struct {
	Fields  map[string]json.RawMessage `json:"fields"`
	Cookies map[string]json.RawMessage `json:"cookies"`
}

func entries(values map[string]json.RawMessage) []entry {
	var list []entry
	for key, value := range values {
		list = append(list, entry{key, string(value)})
	}
	slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// showRecord shows the session as the server has it, and the cookies as the
// browser has them.
func (s *site) showRecord(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	text, err := json.Marshal(v)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var session printed
	if err := json.Unmarshal(text, &session); err != nil {
		s.fail(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "record", "Under the hood", struct {
		Fields, Values []entry
		Cookies        []cookieSeen
		Seal           string
		Events         []happening
	}{entries(session.Fields), entries(session.Cookies), cookiesSeen(r), seal(r), s.journal.of(v.Info().ID)})
}

// renewSecret replaces the secret without a change of privilege, just to see it.
func (s *site) renewSecret(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	if !v.Info().New {
		v.Renew()
		v.SetSealBefore(seal(r))
		v.SetNotice("The session has a new secret. Its ID stays.")
	}
	redirect(w, r, "/record")
}
