package header

import (
	"net/http"
	"strings"
	"testing"
)

func FuzzCookieHeader(f *testing.F) {
	for _, header := range []string{"a=b", "a=b; a=c", "a=;;a", "=a=b", " a = b ;a=b", "a=\"b\"", "A=b;\ta=c=d"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, b := range []byte(header) {
			if b < ' ' && b != '\t' || b >= 0x7f {
				return // no header of net/http has these
			}
		}
		for pair := range strings.SplitSeq(header, ";") {
			name, value, named := strings.Cut(strings.TrimSpace(pair), "=")
			if !named || name != strings.TrimSpace(name) || value != strings.TrimSpace(value) {
				return // net/http takes "a" and "a =b" for the cookie a; browsers do not send it so
			}
		}
		scanner := Scanner{Lines: []string{header}}
		var ours []string
		for {
			value, found := scanner.Next("a")
			if !found {
				break
			}
			ours = append(ours, value)
		}
		// What net/http finds under the name, we find as well, in its order. (It
		// leaves out values that it does not like, and strips quotes.)
		request := http.Request{Header: http.Header{"Cookie": {header}}}
		for _, c := range request.CookiesNamed("a") {
			found := false
			for len(ours) > 0 && !found {
				found = strings.Trim(strings.TrimSpace(ours[0]), "\"") == strings.Trim(c.Value, "\"")
				ours = ours[1:]
			}
			if !found {
				t.Fatalf("%q: net/http finds %q, and we do not", header, c.Value)
			}
		}
	})
}
