package main

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// visitor is a browser that keeps Secure cookies over plain HTTP from localhost, as
// browsers do and net/http/cookiejar does not.
type visitor struct {
	t       *testing.T
	cookies map[string]string
}

func newVisitor(t *testing.T) *visitor { return &visitor{t, map[string]string{}} }

// do sends a form, or asks for a page if there is none, and returns the page's text.
func (v *visitor) do(shop, path string, form url.Values) string {
	v.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, strings.TrimSuffix(shop, "/")+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 400 {
		v.t.Fatalf("%s %s: %s, %v\n%s", method, path, response.Status, err, page)
	}
	for _, c := range response.Cookies() {
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		} else {
			v.cookies[c.Name] = c.Value
		}
	}
	return string(page)
}

func (v *visitor) signIn(shop string) {
	v.t.Helper()
	v.do(shop, "/sign-in", url.Values{"username": {"john_doe"}})
	if !v.signedIn(shop) {
		v.t.Fatal("after signing in, nobody is signed in")
	}
}

// signedIn says what the account's page does: it is there, or leads to the form.
func (v *visitor) signedIn(shop string) bool {
	v.t.Helper()
	return strings.Contains(v.do(shop, "/account", nil), "Your devices")
}

// A restart keeps everybody signed in whose session is not in memory.
func TestRestart(t *testing.T) {
	if _, err := built(); err != nil { // with the Go caches of whoever runs the test
		t.Fatal(err)
	}
	for _, name := range []string{"", "sqlite:" + filepath.Join(t.TempDir(), "a folder", "100% new?.db"), "sealed"} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			for _, variable := range []string{"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HOME", "LocalAppData", "AppData"} {
				t.Setenv(variable, home)
			}
			args := []string{"-addr", "localhost:0"}
			if name != "" {
				args = append(args, "-store", name)
			}
			v := newVisitor(t)
			shop, interrupt := start(t, args...)
			v.signIn(shop)
			if err := interrupt(); err != nil {
				t.Fatal(err)
			}
			shop, interrupt = start(t, args...)
			if !v.signedIn(shop) {
				t.Error("after a restart nobody is signed in")
			}
			thief := &visitor{t, maps.Clone(v.cookies)}
			v.do(shop, "/end-session", url.Values{})
			if err := interrupt(); err != nil {
				t.Fatal(err)
			}
			shop, _ = start(t, args...)
			if v.signedIn(shop) {
				t.Error("after the session ended somebody is signed in")
			}
			if thief.signedIn(shop) {
				t.Error("after the session ended, its cookie still opens it")
			}
		})
	}
}

// Two processes on one server share sessions.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		store func(t *testing.T) string
	}{
		{"PostgreSQL", func(t *testing.T) string { return testserver.SharedPostgres(t) }},
		{"MariaDB", func(t *testing.T) string { return mysqlURL(testserver.SharedMariaDB(t)) }},
		{"Redis", func(t *testing.T) string { return testserver.SharedRedis(t) }},
		{"Redis Cluster", func(t *testing.T) string {
			return "redis://" + strings.Join(testserver.RedisCluster(t, 3, 0).Addresses(), ",")
		}},
		{"SQLite", func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "sessions.db") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			args := []string{"-addr", "localhost:0", "-keys", filepath.Join(t.TempDir(), "keys"), "-store", c.store(t)}
			one, _ := start(t, args...)
			other, _ := start(t, args...)
			v := newVisitor(t)
			v.signIn(one)
			if !v.signedIn(other) {
				t.Error("who signed in at one process is nobody at the other")
			}
			v.do(one, "/cart/add", url.Values{"sku": {"harbour"}})
			v.do(other, "/cart/add", url.Values{"sku": {"harbour"}})
			if cart := v.do(one, "/cart", nil); !strings.Contains(cart, "2 bottles") {
				t.Error("what both processes put into the cart is not there")
			}
			v.do(other, "/end-session", url.Values{})
			if v.signedIn(one) {
				t.Error("who signed out at one process is signed in at the other")
			}
		})
	}
}

// mysqlURL is a DSN of go-sql-driver as the URL that -store takes.
func mysqlURL(source string) string {
	user, rest, _ := strings.Cut(source, "@tcp(")
	host, database, _ := strings.Cut(rest, ")/")
	return "mysql://" + user + "@" + host + "/" + database
}

func TestStoresThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":                                   "want memory, sealed, sqlite:FILE",
		"memroy":                             "want memory, sealed, sqlite:FILE",
		"sqlite:":                            "want memory, sealed, sqlite:FILE",
		"sqlite:" + t.TempDir():              "unable to open",
		"postgres://u:hunter2@localhost:1/x": "refused",
		"mysql://u:hunter2@localhost:1/x":    "refused",
		"redis://u:hunter2@localhost:1/0":    "refused",
		"redis://u:hunter2@loc alhost:1/0":   "want memory, sealed, sqlite:FILE",
	} {
		err := run(t.Context(), []string{"-addr", "localhost:0", "-keys", filepath.Join(t.TempDir(), "keys"), "-store", name}, io.Discard)
		switch {
		case err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "-store"):
			t.Errorf("-store %q: got %v, want an error that says -store and %q", name, err, want)
		case strings.Contains(err.Error(), "hunter2"):
			t.Errorf("-store %q: the error shows the password: %v", name, err)
		}
	}
}
