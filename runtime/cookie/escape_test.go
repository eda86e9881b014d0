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

// Values of other programs may encode more than is needed, and in small letters.
func TestUnescape(t *testing.T) {
	for value, want := range map[string]string{
		"": "", "dark": "dark", "a%3Bb": "a;b", "a%3bb": "a;b", "%41%c3%BC": "Aü", "%00": "\x00", "a+b": "a+b", "\xff": "\xff",
		"\"": "\"", "\"a": "\"a", "a\"": "a\"", "\"\"": "", "\"50% off, today\"": "50% off, today", "\"%41 b\"": "%41 b", "%22a%22": "\"a\"",
	} {
		if got, err := cookie.Unescape(value); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", value, got, err, want)
		}
	}
	for _, broken := range []string{"%", "a%4", "%4g", "%g4", "%%41", "% 41", "a\nb", "\x7f", "\"a\tb\"", "%41\x00"} {
		if got, err := cookie.Unescape(broken); err == nil || got != "" {
			t.Errorf("%q is accepted as %q", broken, got)
		}
	}
}
