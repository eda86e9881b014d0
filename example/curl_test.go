package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestWithCurl uses the site with a client that has its own idea of cookies.
func TestWithCurl(t *testing.T) {
	curl := program(t, "SESSIONGEN_CURL", "curl", "curl")
	url := serveShop(t)
	jar := filepath.Join(t.TempDir(), "jar")
	// Redirects are followed by hand: older versions of curl read the jar's file
	// again before each, and so forget what the answer before said of cookies.
	visit := func(path string, form ...string) string {
		t.Helper()
		args := []string{"--silent", "--show-error", "--fail", "--max-time", "20", "--cookie-jar", jar, "--cookie", jar}
		for _, field := range form {
			args = append(args, "--data-urlencode", field)
		}
		out, err := exec.Command(curl, append(args, url+path)...).CombinedOutput()
		if err != nil {
			t.Fatalf("curl %s: %v\n%s", path, err, out)
		}
		return string(out)
	}
	kept := func(cookie string) string {
		t.Helper()
		text, err := os.ReadFile(jar)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) == 7 && fields[5] == cookie {
				return fields[6]
			}
		}
		return ""
	}
	wants := func(page, part string) {
		t.Helper()
		if !strings.Contains(page, part) {
			t.Errorf("the page does not say %q", part)
		}
	}

	visit("/")
	if text, err := os.ReadFile(jar); err != nil || strings.Contains(string(text), "localhost") {
		t.Errorf("a first look sets cookies: %v\n%s", err, text)
	}
	visit("/color", "color=amber")
	wants(visit("/"), `data-color="amber"`)
	visit("/cart/add", "sku=harbour")
	before := kept("__Host-visitor")
	visit("/sign-in", "username=john_doe")
	if after := kept("__Host-visitor"); before == "" || after == "" || before == after {
		t.Error("signing in did not replace the session cookie")
	}
	wants(visit("/"), "Welcome, John Doe.")
	page := visit("/")
	wants(page, `<span id="username">john_doe</span>`)
	if strings.Contains(page, "Welcome") {
		t.Error("the notice is shown a second time")
	}
	wants(visit("/account"), "<h3>curl <span")
	visit("/end-session", "at=once")
	page = visit("/goodbye")
	wants(page, "Goodbye.")
	wants(page, `data-color="amber"`)
	if kept("__Host-visitor") != "" || kept("favorite_color") != "amber" {
		t.Error("the session cookie was to go, and the color to stay")
	}
}
