package header

import "strings"

// Scanner iterates over the values that a request carries under one cookie name. It compares
// names byte for byte and never decodes them, so that "%5F%5FHost-" is not "__Host-"
// (CVE-2020-8184), and a nameless "=x" has no name. It allocates nothing, whatever a client
// sends.
type Scanner struct {
	Lines []string // the Cookie headers; HTTP/2 may split them
	rest  string
}

// Next returns the next value of the cookie.
func (s *Scanner) Next(name string) (value string, found bool) {
	for {
		if s.rest == "" {
			if len(s.Lines) == 0 {
				return "", false
			}
			s.rest, s.Lines = s.Lines[0], s.Lines[1:]
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
