package cookie_test

import (
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/cookie"
)

func FuzzEscape(f *testing.F) {
	f.Add("a;b c=ü\n\"%")
	f.Add("%41")
	f.Fuzz(func(t *testing.T, text string) {
		escaped := cookie.Escape(text)
		if strings.ContainsAny(escaped, "; ,\"\\\r\n\t\x00\x7f") {
			t.Fatalf("%q escapes to %q", text, escaped)
		}
		if again, err := cookie.Unescape(escaped); err != nil || again != text {
			t.Fatalf("%q came back as %q, %v", text, again, err)
		}
		_, _ = cookie.Unescape(text)
	})
}
