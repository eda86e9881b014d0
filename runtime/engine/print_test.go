package engine_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func TestASVS_16_2_5_PrintingASessionRedactsSecrets(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) {
		v.SetUserID(7)
		v.SetPassword("hunter2")
		v.SetTicket(4242)
		v.SetTheme("dark")
		v.AppendCart(shop.Item{SKU: "tea"})
	})
	b.Visit(func(v *shop.Visitor) {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("visit", "visitor", v)
		asJSON, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		id := v.Info().ID.String()
		for name, text := range map[string]string{
			"%v": fmt.Sprintf("%v", v), "%+v": fmt.Sprintf("%+v", v), "%#v": fmt.Sprintf("%#v", v), "%s": fmt.Sprintf("%s", v), "%q": fmt.Sprintf("%q", v),
			"slog": log.String(), "JSON": string(asJSON), "error": fmt.Errorf("seen: %v", v).Error(),
		} {
			for _, want := range []string{"tea", "dark", "[redacted]", id} {
				if !strings.Contains(text, want) {
					t.Errorf("%s lacks %q: %s", name, want, text)
				}
			}
			for _, secret := range []string{"hunter2", "4242", b.Cookies[testsite.SessionCookie][22:]} {
				if strings.Contains(text, secret) {
					t.Errorf("%s shows a secret: %s", name, text)
				}
			}
		}
	})
}

// A stranger writes what is in a plain cookie, and log.Print writes what Format makes.
func TestASVS_16_4_1_PrintedValuesBeginNoLineOfTheirOwn(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Cookies["theme"] = "dark%0A2026/11/25%20admin%20signed%20in%E2%80%A8%1B[2J"
	b.Visit(func(v *shop.Visitor) {
		v.SetUsername("john\nroot")
		v.AppendCart(shop.Item{SKU: "tea\r\ncoffee"})
		printed := fmt.Sprint(v)
		if strings.ContainsAny(printed, "\r\n\x1b\u2028") {
			t.Errorf("a value writes lines of its own: %q", printed)
		}
		for _, want := range []string{`"john\nroot"`, `tea\r\ncoffee`, `"dark\n2026`} {
			if !strings.Contains(printed, want) {
				t.Errorf("%s is not in %s", want, printed)
			}
		}
	})
}

// Whatever happens, no token, key or secret value is in an event.
func TestASVS_16_2_5_EventsHoldNoSecrets(t *testing.T) {
	var log bytes.Buffer
	hook := runtime.LogEvents(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	s := testsite.New(t, runtime.WithEvents(hook))
	b := s.Browser()
	var secrets []string
	remember := func() {
		if token := b.Cookies[testsite.SessionCookie]; token != "" {
			secrets = append(secrets, token, token[22:])
		}
	}
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetPassword("hunter2") })
	remember()
	old := b.Clone()
	b.Visit(func(v *shop.Visitor) { v.Renew() })
	remember()
	old.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	testsite.Race(b, func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) { v.AddVisits(1) })
	b.Cookies["favorite_color"] = "hunter2"
	b.Visit(func(v *shop.Visitor) { v.FavoriteColor() })
	s.Store.Stand(testsite.Down("update"), nil)
	b.Visit(func(v *shop.Visitor) { v.SetPassword("hunter2") })
	s.Store.Stand(nil, nil)
	b.Visit(func(v *shop.Visitor) { v.Destroy() })
	old.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	for _, kind := range []string{"created", "renewed", "destroyed", "gone", "stale", "dropped", "cookie refused", "store failed"} {
		if !strings.Contains(log.String(), `"msg":"session `+kind+`"`) {
			t.Errorf("no %q event", kind)
		}
	}
	for _, secret := range append(secrets, "hunter2") {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, log.String())
		}
	}
}
