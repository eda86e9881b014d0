package request

import (
	"runtime"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

func every(t *testing.T, test func(t *testing.T, l *Library)) {
	for _, l := range append(Libraries(), Sealed()...) {
		t.Run(l.Name, func(t *testing.T) { test(t, l) })
	}
}

func prepare(t *testing.T, l *Library, kind Kind) *Cycle {
	t.Helper()
	a, err := l.Open()
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.Cycle(kind)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Comparing different attributes, content or Set-Cookie.
func TestTrap_TheSameWorkIsDone(t *testing.T) {
	every(t, func(t *testing.T, l *Library) {
		if err := l.Verify(); err != nil {
			t.Error(err)
		}
	})
}

// Reusing a request that gorilla's registry has already marked as loaded: a second
// request has to look at its own cookie.
func TestTrap_NoRequestIsUsedTwice(t *testing.T) {
	every(t, func(t *testing.T, l *Library) {
		if l.Nothing {
			t.Skip("there is no session")
		}
		c := prepare(t, l, ReadAll)
		writer, err := c.app.Cycle(WriteOne)
		if err != nil {
			t.Fatal(err)
		}
		if err := writer.Serve(); err != nil {
			t.Fatal(err)
		}
		other := writer.cookie
		if l.InCookie {
			if other, err = value(string(writer.server.sent())); err != nil {
				t.Fatal(err)
			}
		}
		first := c.cookie
		for range 2 {
			for cookie, theme := range map[string]string{first: content.Themes[0], other: content.Themes[1]} {
				c.use(cookie)
				if err := c.Serve(); err != nil || c.seen.Content.Theme != theme {
					t.Errorf("read %q, want %q, %v", c.seen.Content.Theme, theme, err)
				}
			}
		}
	})
}

// Calling a lazy library's untouched case fast: who is not called lazy asks for a session
// that the handler does not look at, so that one which opens costs more than none.
func TestTrap_LazyLibrariesAreCalledLazy(t *testing.T) {
	every(t, func(t *testing.T, l *Library) {
		if strings.HasPrefix(l.Name, "limit") {
			t.Skip("its load costs no allocation; that it loads is tested where it is")
		}
		c := prepare(t, l, Untouched)
		opened, err := c.mallocs()
		if err != nil {
			t.Fatal(err)
		}
		c.use("not-a-session")
		refused, err := c.mallocs()
		if lazy := err == nil && opened < refused+requestsCounted && refused < opened+requestsCounted; lazy != l.Lazy {
			t.Errorf("it is called lazy: %v; a session that nobody looks at costs %d allocations, and one that cannot be opened %d, %v", l.Lazy, opened, refused, err)
		}
	})
}

// requestsCounted is of how many requests allocations are counted: who is not lazy makes
// more than one for each.
const requestsCounted = 64

// mallocs is how many allocations some requests take. Pools make it vary a little.
func (c *Cycle) mallocs() (uint64, error) {
	var before, after runtime.MemStats
	if err := c.Serve(); err != nil {
		return 0, err
	}
	runtime.ReadMemStats(&before)
	for range requestsCounted {
		if err := c.Serve(); err != nil {
			return 0, err
		}
	}
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs, nil
}

// "New" measuring map growth.
func TestTrap_NewSessionsDoNotGrowTheStore(t *testing.T) {
	every(t, func(t *testing.T, l *Library) {
		if l.InCookie || l.Nothing {
			t.Skip("there is no store")
		}
		c := prepare(t, l, New)
		for range 2 {
			var cookies []string
			for range 4 {
				if err := c.Serve(); err != nil {
					t.Fatal(err)
				}
				cookie, err := value(string(c.server.sent()))
				if err != nil {
					t.Fatal(err)
				}
				cookies = append(cookies, cookie)
			}
			if err := c.Reset(); err != nil {
				t.Fatal(err)
			}
			for _, cookie := range cookies {
				if read, err := c.app.read(cookie); err == nil && read.UserID != 0 {
					t.Error("a session is there after it was forgotten")
				}
			}
		}
	})
}

// A live-object store against one that keeps bytes: whoever is not said to keep values
// has bytes to show, of a plausible number, and none shares them with a handler.
func TestTrap_StoresKeepBytes(t *testing.T) {
	every(t, func(t *testing.T, l *Library) {
		if l.Nothing {
			t.Skip("there is no session")
		}
		c := prepare(t, l, ReadAll)
		size, err := c.Size()
		const least = 180 // the content's
		if keeps := !l.InCookie && !l.Live; err != nil || (size >= least) != keeps {
			t.Errorf("%d bytes, %v", size, err)
		}
		if l.InCookie && c.CookieLength() < least {
			t.Errorf("a cookie of %d bytes", c.CookieLength())
		}
		if err := c.Serve(); err != nil {
			t.Fatal(err)
		}
		c.seen.Content.Cart[0].SKU, c.seen.Content.Roles[0] = "changed", "changed"
		want := content.Sample()
		if read, err := c.app.read(c.cookie); err != nil || !read.Equal(&want) {
			t.Errorf("what a handler did to its own values is in the store: %+v, %v", read, err)
		}
	})
}

// Nonces reused across iterations with the error ignored.
func TestTrap_EveryAnswerIsLookedAt(t *testing.T) {
	every(t, func(t *testing.T, l *Library) {
		if l.Nothing {
			t.Skip("there is no session")
		}
		c := prepare(t, l, New)
		answer := fixed{server: c.server}
		if err := c.Serve(); err != nil {
			t.Fatal(err)
		}
		answer.line = append(answer.line, c.server.sent()...)
		c.server = answer
		if c.Serve() == nil {
			t.Error("a cookie that was sent twice goes unnoticed")
		}
		answer.line = nil
		c.server = answer
		if c.Serve() == nil {
			t.Error("a session without a cookie goes unnoticed")
		}
		c = prepare(t, l, ReadAll)
		c.seen.Err = errUnexpected
		c.server = fixed{server: c.server, status: 500}
		if c.Serve() == nil {
			t.Error("an error goes unnoticed")
		}
		if l.InCookie {
			c = prepare(t, l, WriteOne)
			if err := c.Serve(); err != nil {
				t.Fatal(err)
			}
			c.server = fixed{server: c.server, line: append([]byte(nil), c.server.sent()...)}
			if c.Serve() == nil {
				t.Error("a nonce that was used twice goes unnoticed")
			}
		}
	})
}

// fixed answers the same each time.
type fixed struct {
	server
	line   []byte
	status int
}

func (f fixed) serve() int {
	f.server.serve()
	if f.status != 0 {
		return f.status
	}
	return 200
}

func (f fixed) sent() []byte { return f.line }
