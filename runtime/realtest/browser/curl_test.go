package browser

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// curlBatch is how many cookies are tried at once: curl takes 50 from a response, and
// sends 8190 bytes of them.
const curlBatch = 42

// TestCookieRule_CurlKeepsSendsAndDeletesEveryLegalCookie asks another program. curl
// knows paths, domains, ages, Secure, HttpOnly and the prefixes __Secure- and __Host-. It knows nothing
// of SameSite, Partitioned and __Http-, so that it sends wherever the others allow it.
func TestCookieRule_CurlKeepsSendsAndDeletesEveryLegalCookie(t *testing.T) {
	t.Parallel()
	c := curl{t: t, program: program(t, "SESSIONGEN_CURL", "curl", "curl"), server: serve(t)}
	legal := legalOnes()
	for from := 0; from < len(legal); from += curlBatch {
		to := min(from+curlBatch, len(legal))
		c.judge(legal[from:to], fmt.Sprintf("?from=%d&to=%d", from, to))
	}
	t.Logf("%d cookies were kept, sent and deleted", len(legal))
}

type curl struct {
	t       *testing.T
	program string
	server  server
}

func (c *curl) judge(cookies []combination, query string) {
	c.t.Helper()
	set := c.server.https(host, "/app/set"+query)
	answers, kept := c.visit(set,
		c.server.https(host, "/app/show"), c.server.https(host, "/apple/show"), c.server.https(other, "/app/show"), c.server.http(host, "/app/show"))
	for _, cookie := range cookies {
		fields := kept[cookie.name()]
		if fields == nil {
			c.t.Errorf("%s: not kept", cookie.tag())
			continue
		}
		cookie.checkJar(c.t, fields)
		delete(kept, cookie.name())
	}
	if len(kept) > 0 {
		c.t.Errorf("%d other cookies are kept as well", len(kept))
	}
	back := readSeen(c.t, answers[1])
	sameNames(c.t, "to a page below the path", back.names(), names(cookies, func(combination) bool { return true }))
	for _, cookie := range cookies {
		if value, read := back.Values[cookie.name()]; !read || value != cookie.value() {
			c.t.Errorf("%s: %q came back as %q, %v", cookie.tag(), cookie.value(), value, read)
		}
	}
	sameNames(c.t, "to a path that begins alike", readSeen(c.t, answers[2]).names(),
		names(cookies, func(c combination) bool { return c.path == "/" }))
	sameNames(c.t, "to another host of the domain", readSeen(c.t, answers[3]).names(),
		names(cookies, func(c combination) bool { return c.domain != "" }))
	sameNames(c.t, "without TLS", readSeen(c.t, answers[4]).names(),
		names(cookies, func(c combination) bool { return !c.secure }))

	answers, kept = c.visit(set, c.server.https(host, "/app/show"), c.server.https(host, "/clear"+query))
	if sent := readSeen(c.t, answers[1]).names(); len(sent) != len(cookies) {
		c.t.Errorf("%d cookies were there to be deleted", len(sent))
	}
	for name := range kept {
		c.t.Errorf("%s is kept after it was deleted", name)
	}
}

// visit requests pages one after the other, with one jar. It returns the answers, and
// the lines of the jar by the cookies' names. All is done by one process: versions of curl before 8
// read the jar from before again when they write it, and so undo deletions.
func (c *curl) visit(urls ...string) (answers []string, kept map[string][]string) {
	c.t.Helper()
	dir := c.t.TempDir()
	jar, before := filepath.Join(dir, "jar"), filepath.Join(dir, "before")
	// curl does not write a jar in which nothing is left: something is.
	if err := os.WriteFile(before, []byte("another.test\tFALSE\t/\tFALSE\t0\tcontrol\t1\n"), 0o600); err != nil {
		c.t.Fatal(err)
	}
	args := []string{"--silent", "--show-error", "--fail", "--insecure", "--max-time", "60", "--cookie", before, "--cookie-jar", jar}
	for _, host := range []string{host, other} {
		for _, port := range []int{c.server.secure, c.server.plain} {
			args = append(args, "--resolve", fmt.Sprintf("%s:%d:127.0.0.1", host, port))
		}
	}
	for i, url := range urls {
		args = append(args, "--output", filepath.Join(dir, fmt.Sprint(i)), url)
	}
	if out, err := exec.Command(c.program, args...).CombinedOutput(); err != nil {
		c.t.Fatalf("curl: %v\n%s", err, out)
	}
	for i := range urls {
		text, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(i)))
		if err != nil && i > 0 { // the answer to set is empty
			c.t.Fatal(err)
		}
		answers = append(answers, string(text))
	}
	return answers, c.kept(jar)
}

// kept are the lines of the jar, by the cookies' names.
func (c *curl) kept(jar string) map[string][]string {
	c.t.Helper()
	text, err := os.ReadFile(jar)
	if err != nil {
		c.t.Fatal(err)
	}
	kept := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(fields) == 7 {
			kept[fields[5]] = fields
		}
	}
	if kept["control"] == nil {
		c.t.Fatalf("this is not what curl has: %s", text)
	}
	delete(kept, "control")
	return kept
}

// checkJar compares a line of the jar with the tag: domain, whether hosts below it get
// the cookie too, path, whether it needs TLS, and when it ends.
func (c combination) checkJar(t *testing.T, fields []string) {
	t.Helper()
	domain, hidden := strings.CutPrefix(fields[0], "#HttpOnly_")
	wantDomain, below := host, "FALSE"
	if c.domain != "" {
		wantDomain, below = "."+c.domain, "TRUE"
	}
	secure := strings.ToUpper(strconv.FormatBool(c.secure))
	if domain != wantDomain || hidden != c.httpOnly || fields[1] != below || fields[2] != c.path || fields[3] != secure {
		t.Errorf("%s: kept as %q", c.tag(), fields)
	}
	ends, err := strconv.ParseInt(fields[4], 10, 64)
	if err != nil || (ends == 0) != (c.days == 0) {
		t.Errorf("%s: kept until %s", c.tag(), fields[4])
	} else if left, whole := time.Until(time.Unix(ends, 0)), time.Duration(c.days)*24*time.Hour; c.days > 0 && (left > whole || left < whole-10*time.Minute) {
		t.Errorf("%s: kept for %v", c.tag(), left)
	}
}
