package browser

import (
	"testing"
	"time"
)

// TestCookieRule_WhatIsRefusedIsRefusedByChromium sends each combination that the
// generator refuses as another program would. What the browser keeps all the same is what
// the table says that it shortens, and is shortened.
func TestCookieRule_WhatIsRefusedIsRefusedByChromium(t *testing.T) {
	b := openChromium(t)
	s := serve(t)
	b.visit(s.https(host, "/app/page"))
	var refused []combination
	for _, c := range all() {
		if !c.legal() {
			refused = append(refused, c)
		}
	}
	shortenedOnes := 0
	for from := 0; from < len(refused); from += 466 {
		chunk := refused[from:min(from+466, len(refused))]
		// That Chromium keeps a control shows that the header has reached it.
		lines := []string{"control=1; Path=/; SameSite=Lax; Secure"}
		for _, c := range chunk {
			lines = append(lines, c.line())
		}
		b.sendRaw(lines)
		kept := b.kept()
		if kept["control"] == nil {
			t.Fatal("Chromium has not heard of any of them")
		}
		for _, c := range chunk {
			k := kept[c.name()]
			if (k != nil) != c.kept() {
				t.Errorf("%s: kept is %t, and it breaks %q", c.line(), k != nil, c.broken())
			}
			if k == nil {
				continue
			}
			shortenedOnes++
			left := time.Until(time.Unix(int64(k.Expires), 0)).Hours() / 24
			if left > 400 || left < 399.9 {
				t.Errorf("%s: kept for %f days", c.line(), left)
			}
		}
		var deletions []string
		for _, c := range chunk {
			c.days = 0
			deletions = append(deletions, c.line()+"; Max-Age=0")
		}
		b.sendRaw(deletions)
	}
	t.Logf("%d combinations: %d refused by Chromium as well, %d shortened to 400 days", len(refused), len(refused)-shortenedOnes, shortenedOnes)
}
