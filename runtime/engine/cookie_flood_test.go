package engine

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	sessionruntime "github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// What a value costs to parse is up to its type: of a few bytes, math/big makes
// millions of digits. A browser keeps few cookies of one name, and none above 4096 bytes.
func TestCVE_2025_58186_FloodOfOneCookieIsHardlyParsed(t *testing.T) {
	ring, err := keyring.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		t.Fatal(err)
	}
	for _, protection := range []cookie.Protection{cookie.Plain, cookie.Signed, cookie.Encrypted} {
		m := &Manager{schema: &Schema{}, options: sessionruntime.Options{Keys: ring, Clock: time.Now}}
		options := cookie.Options{Name: "amount", Was: "sum", Path: "/", Protection: protection}
		c, err := m.newCookie(options)
		if err != nil {
			t.Fatal(err)
		}
		m.cookies = []*cookieSpec{c}
		parsed := 0
		f := &CookieField[string]{Options: options, Text: cookie.Text[string]{Parse: func(text string) (string, error) {
			if parsed++; len(text) > cookie.MaxSize {
				t.Errorf("%d: a value of %d bytes was parsed", protection, len(text))
			}
			return text, errors.New("not of this type")
		}}}
		first, _ := c.protect("x")
		second, _ := c.was.protect("x")
		r := &http.Request{Header: http.Header{"Cookie": {
			"amount=" + strings.Repeat("9", 1<<19), strings.Repeat("amount="+first+";sum="+second+";", 5000),
		}}}
		if _, found := f.read(m, r, nil); found {
			t.Errorf("%d: a value that does not parse was found", protection)
		}
		if parsed == 0 || parsed > 20 {
			t.Errorf("%d: one request had %d values parsed", protection, parsed)
		}
	}
}
