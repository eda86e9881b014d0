package main

import (
	"bufio"
	"context"
	"go/doc/comment"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The quick start in README.md, followed word for word in an empty directory, prints what is said there, and keeps
// out forms that other sites send: they are answered by 403, and a visitor who is signed in stays so. The program that
// the comment of package runtime opens with is another main for the same shop.
func TestASVS_3_5_1_TheQuickStartWorksAndRefusesFormsOfOtherSites(t *testing.T) {
	dir, printed := quickStart(t)
	address := serveShop(t, dir)
	if got := signIn(t, address); got != printed {
		t.Errorf("it prints\n%s\nand README.md says\n%s", got, printed)
	}
	refuseForeignForms(t, address)
	t.Run("go doc", func(t *testing.T) { buildDocumented(t, dir) })
}

// buildDocumented builds the program in the comment of package runtime with the packages of the shop.
func buildDocumented(t *testing.T, dir string) {
	var p comment.Parser
	text, _ := packageComment(t, "runtime")
	content := p.Parse(text).Content
	program, found := content[1].(*comment.Code)
	if !found || !strings.HasPrefix(program.Text, "package main\n") {
		t.Fatalf("the comment of package runtime does not open with a program: %T", content[1])
	}
	lines := 0
	for line := range strings.Lines(program.Text) {
		if strings.TrimSpace(line) != "" {
			lines++
		}
	}
	if lines > 15 {
		t.Errorf("the program in the comment of package runtime has %d lines that are not blank, want 15 at most", lines)
	}
	if err := os.Mkdir(filepath.Join(dir, "documented"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "documented", "main.go"), []byte(program.Text), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", os.DevNull, "./documented")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	if output, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nin\n%s", err, output, program.Text)
	}
}

func refuseForeignForms(t *testing.T, address string) {
	t.Helper()
	client := newClient(t)
	send := func(path, name, value string) int {
		r, err := http.NewRequest("POST", "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(name, value)
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	page := func() string {
		response, err := client.Get("http://" + address + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for _, path := range []string{"/login", "/logout"} {
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"} {
			if status := send(path, name, value); status != http.StatusForbidden {
				t.Errorf("POST %s with %s: %s is answered by %d", path, name, value, status)
			}
		}
		if path == "/login" {
			if text := page(); !strings.Contains(text, "You are not signed in.") {
				t.Errorf("another site has signed somebody in: %s", text)
			}
			if status := send(path, "Sec-Fetch-Site", "same-origin"); status != http.StatusOK {
				t.Errorf("the shop's own form is answered by %d", status)
			}
		}
	}
	if text := page(); !strings.Contains(text, "john_doe") {
		t.Errorf("another site has signed somebody out: %s", text)
	}
}

// quickStart does what README.md says, and returns the directory of the shop and what
// it is said to print.
func quickStart(t *testing.T) (dir, printed string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, quickStart, _ := strings.Cut(string(readme), "\n## Quick start\n")
	quickStart, _, _ = strings.Cut(quickStart, "\n## ")

	parent := t.TempDir()
	if err := os.Symlink(root, filepath.Join(parent, "sessiongen")); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(parent, "shop")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)([^\n]*)\n\n```(\\w*)\n(.*?)```")
	file := regexp.MustCompile("`([\\w/]+\\.go)`")
	for _, found := range block.FindAllStringSubmatch(quickStart, -1) {
		before, language, content := found[1], found[2], found[3]
		switch {
		case language == "go":
			name := file.FindStringSubmatch(before)
			if name == nil {
				t.Fatalf("no file is named before\n%s", content)
			}
			if err := os.WriteFile(filepath.Join(dir, name[1]), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		case language == "sh" && strings.HasPrefix(content, "curl"):
		case language == "sh":
			for line := range strings.Lines(content) {
				line = strings.Replace(line, "go run .", "go build -o shop .", 1)
				command := exec.Command("sh", "-c", line)
				command.Dir = dir
				command.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
				if output, err := command.CombinedOutput(); err != nil {
					t.Fatalf("%s%v\n%s", line, err, output)
				}
			}
		case before == "prints":
			printed = content
		}
	}
	if printed == "" {
		t.Fatal("the quick start says no longer what it prints")
	}
	return dir, printed
}

// serveShop runs the shop until the test ends.
func serveShop(t *testing.T, dir string) (address string) {
	t.Helper()
	// Another port than the README's, which may be taken.
	main := filepath.Join(dir, "main.go")
	source, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	listening := strings.Replace(string(source), `log.Fatal(http.ListenAndServe("localhost:8080", visitors.Middleware(web.Routes())))`,
		`listener, err := net.Listen("tcp", "localhost:0")
		fmt.Println(listener.Addr(), err)
		log.Fatal(http.Serve(listener, visitors.Middleware(web.Routes())))`, 1)
	listening = strings.Replace(listening, "\"log\"\n", "\"fmt\"\n\t\"log\"\n\t\"net\"\n", 1)
	if err := os.WriteFile(main, []byte(listening), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", "shop", ".")
	build.Dir = dir
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	shop := exec.CommandContext(ctx, "./shop")
	shop.Dir = dir
	output, err := shop.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shop.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = shop.Wait()
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address, _, _ = strings.Cut(line, " ")
	return address
}

// newClient keeps cookies as a browser does.
func newClient(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: onSecureHost{jar}}
}

// signIn does what the README does with curl.
func signIn(t *testing.T, address string) string {
	t.Helper()
	client := newClient(t)
	response, err := client.Post("http://"+address+"/login", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// onSecureHost treats a loopback address as secure, as browsers and curl do, so
// that Secure cookies come back.
type onSecureHost struct{ http.CookieJar }

func (j onSecureHost) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.CookieJar.SetCookies(secure(u), cookies)
}
func (j onSecureHost) Cookies(u *url.URL) []*http.Cookie { return j.CookieJar.Cookies(secure(u)) }

func secure(u *url.URL) *url.URL {
	trusted := *u
	trusted.Scheme = "https"
	return &trusted
}
