package browser

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/gen"
)

// gone says that Chromium keeps no cookie.
const gone = "nothing"

// oddities are tags outside of the cross product that the generator refuses, the
// header that they would make, and what Chromium keeps of it: never what the tag says. An outcome is
// the domain, the path and SameSite.
var oddities = []struct{ tag, line, outcome string }{
	{"path=app", "; Path=app", host + " /app "}, // as if there were no path: that of the page that has set it
	{"path=/" + strings.Repeat("p", 1024), "; Path=/" + strings.Repeat("p", 1024), host + " /app "},
	{"path='/e;f'", "; Path=/e;f", host + " /e "},
	{"path=/ä", "; Path=/ä", host + " /ä "}, // which is kept, and no request has: their paths are encoded
	{"path=/a?b", "; Path=/a?b", host + " /a?b "},
	{"path=/a{b}", "; Path=/a{b}", host + " /a{b} "},
	{`path=/a<b`, "; Path=/a<b", host + " /a<b "},
	{`path=/a\x01`, "; Path=/a\x01", gone},
	{"domain=example", "; Domain=example; Path=/", gone},
	{"domain=https://" + site, "; Domain=https://" + site + "; Path=/", gone},
	{"domain=" + site + ":443", "; Domain=" + site + ":443; Path=/", gone},
	{"domain=" + site + ".", "; Domain=" + site + ".; Path=/", gone},
	{"domain=-" + site, "; Domain=-" + site + "; Path=/", gone},
	{"domain=''", "; Domain=; Path=/", host + " / "},
	{"domain=" + strings.Repeat("d.", 508) + site, "; Domain=" + strings.Repeat("d.", 508) + site + "; Path=/", host + " / "},
	{"samesite=maybe", "; SameSite=maybe; Path=/", host + " / "},
	{"max-age=0", "; Max-Age=0; Path=/", gone},
	{"max-age=-1h", "; Max-Age=-3600; Path=/", gone},
	{"max-age=1500ms", "; Max-Age=1.5; Path=/", host + " / "}, // until the browser is closed
	{"default=" + strings.Repeat("v", 4096-len("odd00")+1), "", gone},
}

// TestCookieRule_OddTagsAreRefusedForWhatChromiumMakesOfThem also shows where the limit
// of a cookie's length is: the byte that is too much makes the browser ignore all of it.
func TestCookieRule_OddTagsAreRefusedForWhatChromiumMakesOfThem(t *testing.T) {
	b := openChromium(t)
	s := serve(t)
	b.visit(s.https(host, "/app/page"))
	lines := []string{"longest=" + strings.Repeat("v", 4096-len("longest")) + "; Path=/"}
	for i, odd := range oddities {
		value, isValue := strings.CutPrefix(odd.tag, "default=")
		if !isValue {
			value = "1"
		}
		lines = append(lines, fmt.Sprintf("%s=%s%s; Secure", oddName(i), value, odd.line))
	}
	b.sendRaw(lines)
	kept := b.kept()
	if kept["longest"] == nil {
		t.Error("Chromium does not keep a cookie of 4096 bytes")
	}
	for i, odd := range oddities {
		outcome := gone
		if k := kept[oddName(i)]; k != nil {
			outcome = fmt.Sprintf("%s %s %s", k.Domain, k.Path, k.SameSite)
			if !k.Session {
				t.Errorf("%.60s: Chromium keeps it until %f", odd.tag, k.Expires)
			}
		}
		if path, found := strings.CutPrefix(odd.tag, "path=/a"); found && outcome != gone && !strings.Contains(path, "?") {
			// It is kept, and never sent: the paths of requests have no such character.
			sent := readSeen(t, b.fetch(s.https(host, "/a"+path+"/show"))).names()
			if slices.Contains(sent, oddName(i)) {
				t.Errorf("%s: sent to a path that looks like it", odd.tag)
			}
		}
		if outcome != odd.outcome {
			t.Errorf("%.60s: Chromium keeps %.200s, and was to keep %.200s", odd.tag, outcome, odd.outcome)
		}
	}
}

func oddName(i int) string { return fmt.Sprintf("odd%02d", i) }

func TestTheGeneratorRefusesOddTags(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder, "odd")
	if err := writeModule(dir, nil); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("package main\n\ntype jar struct {\n\t_ struct{} `session:\"-\"`\n")
	for i, odd := range oddities {
		fmt.Fprintf(&b, "\tOdd%02d string `cookie:\"%s,%s\"`\n", i, oddName(i), odd.tag)
	}
	b.WriteString("}\n")
	if err := os.WriteFile(filepath.Join(dir, "schema.go"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := gen.Generate(t.Context(), gen.Config{Dir: dir})
	errs, ok := errors.AsType[gen.Errors](err)
	if !ok {
		t.Fatal(err)
	}
	refused := map[int]bool{}
	for _, err := range errs {
		refused[err.Position.Line-firstLine] = true
	}
	for i, odd := range oddities {
		if !refused[i] {
			t.Errorf("%.60s is accepted", odd.tag)
		}
	}
}
