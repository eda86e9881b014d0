package request

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

const (
	cookieName = "session"
	// Batch is how many new sessions are made before [Cycle.Reset] has to be called.
	Batch = 512
)

// Cycle makes requests of one kind. It is for one goroutine.
type Cycle struct {
	Kind   Kind
	app    *App
	server server
	seen   Seen
	cookie string // what the browser sends
	sends  bool   // a cookie is expected
	made   []byte // Set-Cookie lines of new sessions
	last   []byte // the one before, if no two may be the same
}

// Cycle prepares requests of a kind, with a session of its own if they have one.
func (a *App) Cycle(kind Kind) (*Cycle, error) {
	c := &Cycle{Kind: kind, app: a, sends: a.Library.setsCookie(kind)}
	var err error
	if c.server, err = a.app.serve(kind, &c.seen); err != nil {
		return nil, fmt.Errorf("%s: %w", a.Library.Name, err)
	}
	if kind == New {
		c.made = make([]byte, 0, Batch*(4096+256))
	}
	if kind.hasCookie() && !a.Library.Nothing {
		cookie, err := a.begin()
		if err != nil {
			return nil, err
		}
		c.use(cookie)
	}
	return c, nil
}

func (c *Cycle) use(cookie string) {
	c.cookie = cookie
	c.server.setCookie(cookie)
}

// begin makes a session with the sample content.
func (a *App) begin() (cookie string, err error) {
	c, err := a.Cycle(New)
	if err != nil {
		return "", err
	}
	if err := c.Serve(); err != nil {
		return "", err
	}
	return value(string(c.server.sent()))
}

// value is that of a Set-Cookie line.
func value(line string) (string, error) {
	cookie, err := http.ParseSetCookie(line)
	if err != nil {
		return "", err
	}
	return cookie.Value, nil
}

// Serve makes a request. It looks at each answer, by means that cost next to nothing and
// the same for all: a library that fails must not be taken for a fast one.
func (c *Cycle) Serve() error {
	status := c.server.serve()
	sent := c.server.sent()
	if status != http.StatusOK || c.seen.Err != nil || (len(sent) > 0) != c.sends {
		return fmt.Errorf("%s, %s: status %d, Set-Cookie %q, %w", c.app.Library.Name, c.Kind, status, sent, errors.Join(errUnexpected, c.seen.Err))
	}
	if c.Kind == New && c.sends {
		if bytes.Equal(sent, c.last) {
			return fmt.Errorf("%s: two new sessions have the same cookie", c.app.Library.Name)
		}
		start := len(c.made)
		c.made = append(append(c.made, sent...), '\n')
		c.last = c.made[start : start+len(sent)]
	}
	if c.sends && c.Kind == WriteOne && c.app.Library.InCookie {
		if bytes.Equal(sent, c.last) {
			return fmt.Errorf("%s: a session that was changed has the same cookie as before: a nonce was used twice, or nothing was written", c.app.Library.Name)
		}
		c.last = append(c.last[:0], sent...)
	}
	return nil
}

var errUnexpected = errors.New("the answer is not the one that was expected")

// Reset forgets the sessions that were made, so that the store does not grow. It is to
// be called after each [Batch] of new ones, and costs nothing for other kinds.
func (c *Cycle) Reset() error {
	if c.Kind != New || c.app.Library.Nothing {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(string(c.made), "\n"), "\n")
	if len(c.made) == 0 {
		lines = nil
	}
	c.made, c.last = c.made[:0], nil
	renewed, err := c.app.app.forget(lines)
	if err != nil || !renewed {
		return err
	}
	c.server, err = c.app.app.serve(c.Kind, &c.seen)
	return err
}

// read reads a session with a manager of its own.
func (a *App) read(cookie string) (content.Content, error) {
	c := &Cycle{Kind: ReadAll, app: a, sends: a.Library.setsCookie(ReadAll)}
	var err error
	if c.server, err = a.app.serve(ReadAll, &c.seen); err != nil {
		return content.Content{}, err
	}
	c.use(cookie)
	err = c.Serve()
	return c.seen.Content, err
}

// CookieLength is how long the cookie is that a browser sends, with its name.
func (c *Cycle) CookieLength() int { return len(cookieName) + 1 + len(c.cookie) }

// Size is how many bytes the store keeps of the session; 0 if it does not keep bytes.
func (c *Cycle) Size() (int, error) { return c.app.app.size(c.cookie) }
