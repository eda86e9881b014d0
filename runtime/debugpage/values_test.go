package debugpage_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// Hostile values appear as text, and never become markup.
func TestHostileValuesStayText(t *testing.T) {
	s := newSite(t)
	const hostile = `</code><script>alert(1)</script>"'&`
	r := s.request(func(v *shop.Visitor) {
		v.SetUsername(hostile + "\u202egnp.exe\x00")
		v.PutPrefs(`<img src=x onerror=alert(1)>`, 1)
	})
	r.Header.Add("Cookie", "theme=<script>alert(2)</script>; it's-'a'-&-name=1; favorite_color=\"><b>")
	s.events.Record(t.Context(), runtime.Event{Kind: runtime.EventDropped, Schema: "<i>", Field: `<b>"`, Reason: "<script>", Err: errors.New("<u>")})
	body := get(s.page(), r).Body.String()
	s.wantsNot(body, "<script", "<img", "<b>", "<i>", "<u>", "\u202e", "\x00")
	s.wants(body, "&lt;script&gt;alert(1)", `\u202egnp.exe`, "&lt;img src=x onerror=alert(1)&gt;", "&lt;u&gt;")
}

func TestLongValuesAreCut(t *testing.T) {
	s := newSite(t)
	r := s.request(func(v *shop.Visitor) {
		v.SetUsername(strings.Repeat("n", 5000))
		v.SetTheme(strings.Repeat("t", 500))
	})
	body := get(s.page(), r).Body.String()
	s.wantsNot(body, strings.Repeat("n", 2001), strings.Repeat("t", 81))
	s.wants(body, strings.Repeat("n", 1999)+"…", strings.Repeat("t", 80)+"…")
}
