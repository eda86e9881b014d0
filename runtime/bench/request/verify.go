package request

import (
	"fmt"
	"net/http"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

// Verify makes each kind of request to a library and looks whether it does what the
// others do: what was stored is what is read, what was written is there afterwards, and
// cookies are sent when they are expected, with the same attributes. What fails here is
// not measured.
func (l *Library) Verify() error {
	a, err := l.Open()
	if err != nil {
		return err
	}
	for _, kind := range Kinds {
		c, err := a.Cycle(kind)
		if err != nil {
			return err
		}
		for range 3 {
			if err := c.verify(); err != nil {
				return fmt.Errorf("%s, %s: %w", l.Name, kind, err)
			}
		}
		if err := c.Reset(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cycle) verify() error {
	c.seen.UserID, c.seen.Content = 0, content.Content{}
	if err := c.Serve(); err != nil {
		return err
	}
	sample := content.Sample()
	if c.Kind == ReadOne && c.seen.UserID != sample.UserID {
		return fmt.Errorf("user %d", c.seen.UserID)
	}
	if c.Kind == ReadAll && !c.seen.Content.Equal(&sample) {
		return fmt.Errorf("content %+v", c.seen.Content)
	}
	if err := c.verifyHeader(); err != nil || c.app.Library.Nothing {
		return err
	}
	if c.Kind == WriteOne || c.Kind == New {
		return c.verifyStored()
	}
	return nil
}

// verifyStored reads with another manager what a request has written.
func (c *Cycle) verifyStored() error {
	cookie, want := c.cookie, content.Sample()
	if c.Kind == WriteOne {
		want.Theme = content.Themes[c.seen.count%2]
	}
	if c.Kind == New || c.app.Library.InCookie {
		var err error
		if cookie, err = value(string(c.server.sent())); err != nil {
			return err
		}
	}
	stored, err := c.app.read(cookie)
	if err != nil {
		return err
	}
	if !stored.Equal(&want) {
		return fmt.Errorf("stored %+v, want %+v", stored, want)
	}
	size, err := c.app.app.size(cookie)
	if keeps := !c.app.Library.InCookie && !c.app.Library.Live; err == nil && (size > 0) != keeps {
		err = fmt.Errorf("%d bytes in the store", size)
	}
	return err
}

func (c *Cycle) verifyHeader() error {
	lines := c.server.header("Set-Cookie")
	if !c.sends {
		if len(lines) > 0 {
			return fmt.Errorf("sends %q", lines)
		}
	} else if len(lines) != 1 {
		return fmt.Errorf("sends %d cookies", len(lines))
	} else if err := verifyAttributes(lines[0]); err != nil {
		return err
	}
	looks := c.Kind != NoCookie && c.Kind != Untouched
	vary := false
	for _, line := range c.server.header("Vary") {
		vary = vary || line == "Cookie"
	}
	if looks && vary == c.app.Library.NoVary {
		return fmt.Errorf("the response says Vary: Cookie: %v", vary)
	}
	return nil
}

// verifyAttributes wants the attributes that all are configured to send.
func verifyAttributes(line string) error {
	cookie, err := http.ParseSetCookie(line)
	if err != nil {
		return err
	}
	got := http.Cookie{
		Path: cookie.Path, Domain: cookie.Domain, RawExpires: cookie.RawExpires, MaxAge: cookie.MaxAge,
		Secure: cookie.Secure, HttpOnly: cookie.HttpOnly, SameSite: cookie.SameSite, Partitioned: cookie.Partitioned,
	}
	want := http.Cookie{Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if got.RawExpires != "" || got.MaxAge != 0 || got.Path != want.Path ||
		!got.Secure || !got.HttpOnly || got.SameSite != want.SameSite || got.Domain != "" || got.Partitioned {
		return fmt.Errorf("attributes of %q", line)
	}
	return nil
}
