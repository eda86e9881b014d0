package sessiontest_test

import (
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// Failures end up in logs, so they must not show secrets.
func TestFailuresHideSecrets(t *testing.T) {
	s := open(t)
	secrets := func(v *shop.Visitor) {
		signedIn(v)
		v.SetPassword("hunter2")
		v.SetTicket(4711)
	}
	others := func(v *shop.Visitor) { v.SetPassword("hunter3"); v.SetTicket(4712) }
	for name, c := range map[string]struct {
		before []func(*shop.Visitor)
		do     func(*shop.Visitor)
		says   string
	}{
		"set":       {nil, secrets, "\n\tPassword: unset → [redacted]\n\tTicket: unset → [redacted]\n\tUserID: unset → 7\n\tUsername: unset → \"john_doe\""},
		"changed":   {[]func(*shop.Visitor){secrets}, others, "\n\tPassword: [redacted] → [redacted]\n\tTicket: [redacted] → [redacted]"},
		"destroyed": {[]func(*shop.Visitor){secrets}, func(v *shop.Visitor) { v.Destroy() }, "\n\tPassword: [redacted] → unset\n\tUserID: 7 → unset"},
	} {
		fails := &failures{TB: t}
		sessiontest.Serve(fails, s.visitors, page(c.do), sessiontest.Request(fails, s.visitors, "POST", "/", c.before...)).WantChanged()
		fails.want(t, c.says)
		if strings.Contains(fails.texts[0], "hunter") || strings.Contains(fails.texts[0], "47") {
			t.Errorf("%s: it tells a secret: %s", name, fails.texts[0])
		}
	}
}
