package header

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// FuzzCookieHeaderAsNetHTTP: of every header that net/http accepts as a whole, it
// and we find the same values under a name, in the same order; split into several lines, it is the
// same header.
func FuzzCookieHeaderAsNetHTTP(f *testing.F) {
	for _, header := range []string{
		"a=b", "a=b; a=c", "a=b; A=c; aa=d; b=a=e", "a=", "a=\"b\"; a=\"\"", "b=1;a=2;\ta=3 ", "a= b c ; a=\tb", "a=b=c; a==", "%61=b; a=%62",
		"__Host-a=1; a=2", "a=" + strings.Repeat("x", 5000), strings.Repeat("a=x; ", 40) + "b=y", "a=<script>", "a=1\nb=2; a=3\na=4",
	} {
		f.Add(header, "a")
		f.Add(header, "__Host-a")
	}
	f.Add("%5F%5FHost-a=b; __Host-a=c", "__Host-a")
	f.Add("=a=b; a=c", "a")
	f.Fuzz(func(t *testing.T, text, name string) {
		if !cookie.IsToken(name) {
			return // no cookie has such a name
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' || r == 0x7f }) {
			return // a server of net/http answers 400 to a header with these
		}
		lines := strings.Split(text, "\n")
		var theirs []string
		for _, line := range lines {
			cookies, err := http.ParseCookie(line)
			if err != nil {
				return
			}
			for _, c := range cookies {
				if c.Name == name && c.Quoted {
					theirs = append(theirs, `"`+c.Value+`"`) // which it takes off, and we leave to the value's type
				} else if c.Name == name {
					theirs = append(theirs, c.Value)
				}
			}
		}
		for _, lines := range [][]string{lines, {strings.Join(lines, "; ")}} {
			scanner := Scanner{Lines: lines}
			var ours []string
			for {
				value, found := scanner.Next(name)
				if !found {
					break
				}
				ours = append(ours, value)
			}
			if !slices.Equal(ours, theirs) {
				t.Fatalf("%q: net/http finds %q under %s, and we find %q", lines, theirs, name, ours)
			}
		}
	})
}
