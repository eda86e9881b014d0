package header

import (
	"net/http"
	"slices"
	"strings"
)

// Room is room for the header lines that a session adds to a response, and for
// the name of the cookie that it sends. It lives in the session, so that they cost
// nothing more.
type Room struct{ cookie, cache, Sent [1]string }

// SetCookie puts a line into the header in place of any with the same name: a
// response names no cookie twice (RFC 6265bis section 4.1.1). Caches that many
// share must not keep it.
func SetCookie(header http.Header, name, line string, room *Room) {
	lines := header["Set-Cookie"]
	if len(lines) == 0 {
		room.cookie[0] = line
		header["Set-Cookie"] = room.cookie[:]
	} else {
		kept := make([]string, 0, len(lines)+1)
		for _, other := range lines {
			if !strings.HasPrefix(other, name) || !strings.HasPrefix(other[len(name):], "=") {
				kept = append(kept, other)
			}
		}
		header["Set-Cookie"] = append(kept, line)
	}
	KeepPrivate(header, room)
}

// RemoveCookie takes the line that begins so out of the header again.
func RemoveCookie(header http.Header, start string) {
	lines := header["Set-Cookie"]
	i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, start) })
	switch {
	case i < 0:
	case len(lines) == 1:
		delete(header, "Set-Cookie")
	default:
		header["Set-Cookie"] = append(slices.Clip(lines[:i]), lines[i+1:]...)
	}
}

// KeepPrivate keeps a response that sets a cookie out of shared caches (CVE-2023-30861).
func KeepPrivate(header http.Header, room *Room) {
	RemoveTargeted(header)
	if isPrivate(header["Cache-Control"]) {
		return
	}
	room.cache[0] = "no-store"
	header["Cache-Control"] = room.cache[:]
}

// isPrivate says whether a handler has seen to that itself, in a way that leaves no
// doubt: must-understand allows caches to pass over no-store (RFC 9111 section 5.2.2.3).
func isPrivate(lines []string) bool {
	private := false
	for _, line := range lines {
		if strings.Contains(line, `"`) {
			return false
		}
		for directive := range strings.SplitSeq(line, ",") {
			switch strings.ToLower(strings.TrimSpace(directive)) {
			case "no-store", "private":
				private = true
			case "must-understand":
				return false
			}
		}
	}
	return private
}

// RemoveTargeted removes what is said to some caches alone, which heed it instead of
// Cache-Control: CDN-Cache-Control and its like (RFC 9213), and what came before it.
func RemoveTargeted(header http.Header) {
	for name := range header {
		if strings.HasSuffix(name, "-Cache-Control") || slices.Contains(targeted, name) {
			delete(header, name)
		}
	}
}

var targeted = []string{"Edge-Control", "Surrogate-Control", "X-Accel-Expires"}

// VaryByCookie tells caches that the response depends on the request's cookies.
func VaryByCookie(header http.Header, room *[1]string) {
	lines := header["Vary"]
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name == "*" || strings.EqualFold(name, "Cookie") {
				return
			}
		}
	}
	if len(lines) == 0 {
		room[0] = "Cookie"
		header["Vary"] = room[:]
		return
	}
	header["Vary"] = append(slices.Clip(lines), "Cookie")
}
