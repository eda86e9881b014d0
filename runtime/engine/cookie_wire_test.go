package engine_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// listText keeps lists of text as generated code does.
var listText = cookie.WireText(
	func(b []byte, v *[]string) []byte {
		for _, s := range *v {
			b = wire.AppendString(b, 1, s)
		}
		return b
	},
	func(r *wire.Reader, v *[]string) {
		outer := r.Enter()
		for r.Next() {
			if r.Number() == 1 {
				*v = append(wire.Grow(r, *v), r.String())
			} else {
				r.Skip()
			}
		}
		r.Leave(outer)
	},
)

// Whoever has the key, or had it, seals what is not as it says: a program of an
// older version, or a thief. The cookie is refused, or read for what is there.
func TestCVE_2026_25899_ASealedListThatLiesAllocatesLittle(t *testing.T) {
	for _, protection := range []cookie.Protection{cookie.Signed, cookie.Encrypted} {
		options := cookie.Options{Name: "list", Path: "/", Secure: true, Protection: protection}
		forger, err := testsite.TextCookie(t, options)
		if err != nil {
			t.Fatal(err)
		}
		field := engine.CookieField[[]string]{Options: options, Text: listText}
		manager, err := engine.NewManager(&engine.Schema{
			Cookies: []engine.CookieDescriptor{&field},
			New: func() *engine.Session {
				return new(engine.Session).Bind(new(int), nil, nil, make([]engine.CookieState, 1))
			},
		}, nil, runtime.WithKeys(testsite.Keys), runtime.WithEvents(func(context.Context, runtime.Event) {}))
		if err != nil {
			t.Fatal(err)
		}
		list := engine.BindCookie(manager, &field)
		const size = 2000 // with what seals it, under 4096 bytes
		for lie, content := range map[string]string{
			"as it should be":      strings.Repeat("\x0a\x01x", size/3),
			"empty elements":       strings.Repeat("\x0a\x00", size/2),
			"a length of 2⁶²":      "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x3f" + strings.Repeat("x", size),
			"a length of all that": "\x0a\x80\x80\x80\x80\x10" + strings.Repeat("x", size),
			"lists in lists":       strings.Repeat("\x0a\x7f", size/2),
			"groups":               strings.Repeat("\x0b", size),
			"endless numbers":      strings.Repeat("\xff", size),
			"other fields":         strings.Repeat("\x12\x00", size/2),
		} {
			lines := testsite.SetCookieLines(func(w testsite.ResponseWriter) {
				if err := forger.Write(w, content); err != nil {
					t.Fatal(err)
				}
			})
			pair, _, _ := strings.Cut(lines[0], ";")
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Cookie", pair)
			var read []string
			var found bool
			if got := testsite.AllocatedBytes(func() { read, found = list.Read(r) }); got > 64<<10 {
				t.Errorf("%s: %d bytes allocated", lie, got)
			}
			if honest := strings.HasPrefix(lie, "as it"); honest != (len(read) == size/3 && found) {
				t.Errorf("%s: %d elements, %v", lie, len(read), found)
			}
		}
	}
}
