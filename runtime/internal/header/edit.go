package header

import (
	"net/http"
	"slices"
	"strings"
)

// Room holds the header lines that a session adds to a response, and the name of the cookie
// that it sends. It is a part of the session, so that the lines cost no allocation.
type Room struct{ cookie, cache, Sent [1]string }

// SetCookie adds a line to the header and removes other lines with the same name: a response
// names no cookie twice (RFC 6265bis section 4.1.1). It also keeps the response out of shared
// caches.
func SetCookie(header http.Header, name, line string, room *Room) {
	Canonicalize(header)
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

// RemoveCookie removes the first Set-Cookie line with this prefix.
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
	Canonicalize(header)
	RemoveTargeted(header)
	if IsPrivate(header) {
		return
	}
	room.cache[0] = "no-store"
	header["Cache-Control"] = room.cache[:]
}

// IsPrivate reports whether the handler itself keeps the response out of shared caches, without
// doubt: must-understand allows caches to ignore no-store (RFC 9111 section 5.2.2.3).
func IsPrivate(header http.Header) bool {
	private := false
	for _, line := range header["Cache-Control"] {
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

// SaysPublic reports whether the handler itself states that the response is the same for all.
func SaysPublic(header http.Header) bool {
	for _, line := range header["Cache-Control"] {
		for directive := range strings.SplitSeq(line, ",") {
			switch strings.ToLower(strings.TrimSpace(directive)) {
			case "public", "immutable":
				return true
			}
		}
	}
	return false
}

// RemoveTargeted removes headers for specific caches, which these caches prefer to
// Cache-Control: CDN-Cache-Control and its like (RFC 9213), and their predecessors. It finds
// them in every spelling, because net/http sends a name as the handler has spelled it.
func RemoveTargeted(header http.Header) {
	const suffix = "-Cache-Control"
	for name := range header {
		if n := len(name) - len(suffix); n > 0 && strings.EqualFold(name[n:], suffix) || isOneOf(targeted, name) {
			delete(header, name)
		}
	}
}

var targeted = []string{"Edge-Control", "Surrogate-Control", "X-Accel-Expires"}

// read are the names of the header lines that this package and the engine read.
var read = []string{"Cache-Control", "Clear-Site-Data", "Set-Cookie", "Vary"}

func isOneOf(names []string, name string) bool {
	return slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(other, name) })
}

// Canonicalize gives the lines that are read here their canonical names. A handler that writes
// into the map of a header can spell a name in another way, and the browser takes it all the
// same.
func Canonicalize(header http.Header) {
	for name, lines := range header {
		for _, canonical := range read {
			if len(name) == len(canonical) && name != canonical && strings.EqualFold(name, canonical) {
				delete(header, name)
				header[canonical] = append(slices.Clip(header[canonical]), lines...)
			}
		}
	}
}

// VariesByCookie reports whether the header tells caches that the response depends on the
// request's cookies.
func VariesByCookie(header http.Header) bool {
	for _, line := range header["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name == "*" || strings.EqualFold(name, "Cookie") {
				return true
			}
		}
	}
	return false
}

// VaryByCookie tells caches that the response depends on the request's cookies.
func VaryByCookie(header http.Header, room *[1]string) {
	if VariesByCookie(header) {
		return
	}
	lines := header["Vary"]
	if len(lines) == 0 {
		room[0] = "Cookie"
		header["Vary"] = room[:]
		return
	}
	header["Vary"] = append(slices.Clip(lines), "Cookie")
}
