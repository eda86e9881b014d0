package engine

import "strings"

// cookieScanner walks over the values that a request carries under one cookie
// name. It reads the header as it is: names are compared byte for byte and never
// decoded, so that "%5F%5FHost-" is not "__Host-" (CVE-2020-8184), and a nameless
// "=x" has no name. It allocates nothing, whatever a client sends.
type cookieScanner struct {
	lines []string // the Cookie headers; HTTP/2 may split them
	rest  string
}

func (s *cookieScanner) next(name string) (value string, found bool) {
	for {
		if s.rest == "" {
			if len(s.lines) == 0 {
				return "", false
			}
			s.rest, s.lines = s.lines[0], s.lines[1:]
		}
		pair := s.rest
		if end := strings.IndexByte(pair, ';'); end >= 0 {
			pair, s.rest = pair[:end], pair[end+1:]
		} else {
			s.rest = ""
		}
		for pair != "" && (pair[0] == ' ' || pair[0] == '\t') {
			pair = pair[1:]
		}
		if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
			return strings.TrimRight(pair[len(name)+1:], " \t"), true
		}
	}
}
