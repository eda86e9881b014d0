package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sessiongen/sessiongen/cmd/sessiongen/internal/shop"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

const inspectedKey = "kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"

// sealedCookie is the session cookie of a visitor whose session is in it.
func sealedCookie(t *testing.T, application string) string {
	t.Helper()
	keys, err := runtime.NewKeys([]byte(inspectedKey))
	if err != nil {
		t.Fatal(err)
	}
	store, err := sealed.New(keys, sealed.AcceptReplay())
	if err != nil {
		t.Fatal(err)
	}
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(keys), runtime.WithApplication(application))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		shop.VisitorFrom(r.Context()).SetUsername("john_doe")
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w.Result().Cookies()[0].Value
}

func TestInspectSaysThatItCannotRead(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := runInspect(t.Context(), []string{"./internal/shop"}, iotest.ErrReader(errors.New("the other end is gone")), &stdout, &stderr)
	const want = "sessiongen: reading standard input: the other end is gone\n"
	if code != exitError || stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("exit code %d\nstdout: %s\nstderr: %s", code, stdout.String(), stderr.String())
	}
}

func TestInspectASealedCookie(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret.keys")
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString([]byte(inspectedKey))), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SECRET_KEYS", base64.StdEncoding.EncodeToString([]byte(inspectedKey)))
	t.Setenv("OTHER_KEYS", base64.StdEncoding.EncodeToString([]byte("Zb8nQ2rVx6LmT4wYcK1sHd7JpGf3EaUo")))
	cookie := sealedCookie(t, "shop")
	const package_ = "./internal/shop"
	for name, c := range map[string]struct {
		args       []string
		input      string
		code       int
		stdout     string
		wantStderr string
	}{
		"file":            {[]string{"-keys", file, "-application", "shop"}, cookie, exitDone, `"username": "john_doe"`, "session "},
		"variable":        {[]string{"-keys-env", "SECRET_KEYS", "-application", "shop"}, cookie + "\n", exitDone, `"username": "john_doe"`, "idle until"},
		"a Cookie header": {[]string{"-keys", file, "-application", "shop"}, "theme=dark; __Host-visitor=" + cookie + "; a=b", exitDone, `"username": "john_doe"`, "ends"},
		"other program":   {[]string{"-keys", file}, cookie, exitError, "", `the value was not sealed with these keys, for the cookie __Host-visitor of the schema visitor and the application ""`},
		"other keys":      {[]string{"-keys-env", "OTHER_KEYS", "-application", "shop"}, cookie, exitError, "", "the value was not sealed with these keys"},
		"no such file":    {[]string{"-keys", file + "2"}, cookie, exitError, "", "reading the keys: stat"},
		"both":            {[]string{"-keys", file, "-keys-env", "SECRET_KEYS"}, cookie, exitError, "", "-keys and -keys-env exclude each other: give one of them; sessiongen inspect -h explains"},
		"not a record":    {nil, "hello", exitError, "", "not a record: not a Protocol Buffers message"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := runInspect(context.Background(), append(c.args, package_), strings.NewReader(c.input), &stdout, &stderr)
			if code != c.code || !strings.Contains(stdout.String(), c.stdout) || (c.stdout == "") != (stdout.Len() == 0) || !strings.Contains(stderr.String(), c.wantStderr) {
				t.Errorf("exit code %d\nstdout: %s\nstderr: %s\nwant exit code %d, %q and %q", code, stdout.String(), stderr.String(), c.code, c.stdout, c.wantStderr)
			}
		})
	}
	if _, err := os.Stat(file + "2"); err == nil {
		t.Error("a file of keys was made")
	}
}
