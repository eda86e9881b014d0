package runtime

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// forgeries are values that do not open, by what is wrong with each.
func forgeries(t *testing.T, c *Cipher) (authentic, forged map[string]string) {
	t.Helper()
	good, err := c.Encode("ticket", "forty-two")
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := base64.RawURLEncoding.DecodeString(good)
	changed := func(at int) string {
		other := bytes.Clone(sealed)
		other[at] ^= 1
		return base64.RawURLEncoding.EncodeToString(other)
	}
	last := len(sealed) - 1
	elsewhere := func(use Use, secrets ...string) string {
		value, err := newTestCipher(t, use, time.Hour, secrets...).Encode(use.Cookie, "forty-two")
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	day := 24 * time.Hour
	forged = map[string]string{
		"the version":         changed(0),
		"the key id":          changed(1),
		"the nonce":           changed(1 + keyIDLength),
		"the ciphertext":      changed(1 + keyIDLength + 12),
		"its last byte":       changed(last - 16),
		"the tag":             changed(last - 15),
		"the tag's last byte": changed(last),
		"cut":                 good[:len(good)-4],
		"no base64":           good[:10] + "." + good[11:],
		"nothing":             "",
		"another secret":      elsewhere(sealUse, otherSecret),
		"another cookie":      elsewhere(Use{"shop", "cookie", "campaign"}),
		"another application": elsewhere(Use{"bank", "cookie", "ticket"}),
		"another purpose":     elsewhere(Use{"shop", "session visitor", "ticket"}),
	}
	// These open, and are not accepted: whoever made them had the key.
	authentic = map[string]string{
		"too old":     c.Seal(sealTime.Add(-2*day), sealTime.Add(-day), []byte("forty-two")),
		"future":      c.Seal(sealTime.Add(day), sealTime.Add(2*day), []byte("forty-two")),
		"no validity": c.Seal(sealTime, sealTime, []byte("forty-two")),
	}
	return authentic, forged
}

// Whatever is wrong with a value, whoever sent it learns that it was refused: one error, with one text, nothing
// written, and one event that is the same for all.
func TestASVS_11_2_5_FailuresCannotBeToldApart(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	authentic, forged := forgeries(t, c)
	var events []string
	field := CookieField[string]{Options: CookieOptions{Name: "ticket", Path: "/", Protection: Encrypted, MaxAge: time.Hour}, Text: StringText[string]()}
	m, err := NewManager(&Schema{
		Cookies: []CookieDescriptor{&field},
		New:     func() *Session { return new(Session).Bind(new(int), nil, nil, make([]CookieState, 1)) },
	}, nil, WithKeys(sealKeys(t, sealSecret)), WithApplication("shop"), WithClock(func() time.Time { return sealTime }),
		WithEvents(func(_ context.Context, e Event) { events = append(events, fmt.Sprintf("%+v", e)) }))
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range []map[string]string{authentic, forged} {
		for what, value := range values {
			text, raw := "untouched", []byte("untouched")
			for _, err := range []error{c.Decode("ticket", value, &text), c.Decode("ticket", value, &raw)} {
				if err != ErrRefused || err.Error() != ErrRefused.Error() {
					t.Errorf("%s: %v", what, err)
				}
			}
			if text != "untouched" || string(raw) != "untouched" {
				t.Errorf("%s: %q and %q were written", what, text, raw)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Cookie"] = []string{"ticket=" + value}
			if got, found := BindCookie(m, &field).Read(r); found || got != "" {
				t.Errorf("%s: read as %q", what, got)
			}
		}
	}
	if len(events) != len(authentic)+len(forged) {
		t.Errorf("%d events for %d values", len(events), len(authentic)+len(forged))
	}
	for _, e := range events {
		if e != events[0] {
			t.Errorf("one is told from another:\n%s\n%s", events[0], e)
		}
	}
}

// What has the right version and key id takes the same way whatever is wrong with it: one decryption, and the same
// allocations, from the first byte of the nonce to the last of the tag.
func TestASVS_11_2_4_EveryForgeryTakesTheSameWay(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	counter := c.count()
	_, forged := forgeries(t, c)
	allocated := map[float64]string{}
	for _, what := range []string{"the nonce", "the ciphertext", "its last byte", "the tag", "the tag's last byte", "another application"} {
		var text string
		before := counter.opened
		if err := c.Decode("ticket", forged[what], &text); err != ErrRefused || counter.opened != before+1 {
			t.Errorf("%s: %v, after %d decryptions", what, err, counter.opened-before)
		}
		allocated[testing.AllocsPerRun(200, func() { _ = c.Decode("ticket", forged[what], &text) })] = what
	}
	if len(allocated) != 1 {
		t.Errorf("allocations tell them apart: %v", allocated)
	}
}

// What somebody sends is compared with what a record has by crypto/subtle, and by nothing that stops at the first
// difference. Keys of two records may be compared in any way: nobody sends those.
func TestASVS_11_2_4_SecretsAreComparedInConstantTime(t *testing.T) {
	secret := map[string]bool{"key": true, "previousKey": true, "secret": true, "client": true, "clientHash": true, "bound": true}
	named := func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.Ident:
			return secret[e.Name]
		case *ast.SelectorExpr:
			return secret[e.Sel.Name]
		case *ast.SliceExpr:
			ident, ok := e.X.(*ast.Ident)
			return ok && secret[ident.Name]
		}
		return false
	}
	constant := map[string]int{}
	for _, name := range []string{"find.go", "stored.go", "sealed.go", "header.go", "clientcheck.go", "token.go", "cipher.go"} {
		files := gotoken.NewFileSet()
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				empty := func(e ast.Expr) bool { lit, ok := e.(*ast.BasicLit); return ok && lit.Value == `""` }
				if (n.Op == gotoken.EQL || n.Op == gotoken.NEQ) && (named(n.X) || named(n.Y)) && !empty(n.X) && !empty(n.Y) {
					t.Errorf("%s compares a secret by %s", files.Position(n.Pos()), n.Op)
				}
			case *ast.CallExpr:
				called, ok := n.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				from, _ := called.X.(*ast.Ident)
				switch {
				case from != nil && from.Name == "subtle" && called.Sel.Name == "ConstantTimeCompare":
					constant[name]++
				case from != nil && strings.Contains("bytes strings slices", from.Name) && len(n.Args) == 2 && (named(n.Args[0]) || named(n.Args[1])):
					t.Errorf("%s compares a secret by %s.%s", files.Position(n.Pos()), from.Name, called.Sel.Name)
				}
			}
			return true
		})
	}
	if constant["stored.go"] != 1 || constant["header.go"] != 1 || constant["clientcheck.go"] != 1 {
		t.Errorf("comparisons in constant time: %v, want one of the key, one of the keys before it and one of the client", constant)
	}
}
