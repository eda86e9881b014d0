package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/runtime"
)

func main() {
	keys := browser.Must(runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9")))
	_, err := NewPreferencesManager()
	fmt.Println("without keys:", err)
	manager := browser.Must(NewPreferencesManager(runtime.WithKeys(keys), runtime.WithEvents(report)))
	var b browser.Browser
	visit := func(handle func(p *Preferences)) {
		b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) { handle(PreferencesFrom(r.Context())) })
	}

	fmt.Println("\ndefaults")
	visit(show)

	fmt.Println("\nset")
	visit(func(p *Preferences) {
		p.SetTheme(Night)
		p.SetFont("Comic Sans; ✓")
		p.SetFree("any")
		p.SetTracked(false)
		p.SetZoom(50)
		p.SetLevel(low)
		p.SetRatio(-2.5)
		p.SetHalf(0.1)
		p.SetSeen(time.Date(2000, time.February, 29, 0, 0, 0, 0, time.FixedZone("", 3600)))
		p.SetBought(Moment(time.Date(1999, time.January, 1, 0, 0, 0, 1, time.UTC)))
		p.SetTimeout(-time.Minute)
		p.SetCampaign("spring")
		p.SetTicket(-42)
		p.SetWidget(0)
		p.SetPlain(-128)
	})
	visit(show)

	fmt.Println("\nwhat a stranger sends")
	b = browser.Browser{}
	for _, planted := range []string{"theme=loud", "free=loud", "tracked=yes", "zoom=+1", "level=4", "half=1e99", "seen=now", "timeout=1", "campaign=x", "ticket=1", "plain=128"} {
		name, value, _ := strings.Cut(planted, "=")
		b.Plant(name, value)
	}
	visit(show)

	fmt.Println("\nan earlier name")
	b = browser.Browser{}
	b.Plant("typeface", "Arial")
	visit(func(p *Preferences) { fmt.Println(p.Font()); p.SetFont("Futura") })
	fmt.Println(b.Header())

	fmt.Println("\nwithout the middleware")
	w := httptest.NewRecorder()
	if err := manager.ThemeCookie().Write(w, Dark); err != nil {
		fmt.Println(err)
	}
	manager.PlainCookie().Delete(w)
	if err := manager.WidgetCookie().Write(w, 1); err != nil {
		fmt.Println(err)
	}
	for _, line := range w.Header().Values("Set-Cookie") {
		fmt.Println(line)
	}
	r := httptest.NewRequest(http.MethodGet, "https://golden.example/", nil)
	r.Header.Set("Cookie", "theme=dark")
	fmt.Println(manager.ThemeCookie().Read(r))
	fmt.Println(manager.Close())
}

func report(_ context.Context, e runtime.Event) { fmt.Println(e.Kind, e.Field, e.Reason) }

func show(p *Preferences) {
	fmt.Println("Theme", p.HasTheme(), p.Theme())
	fmt.Println("Font", p.HasFont(), p.Font())
	fmt.Println("Free", p.HasFree(), p.Free())
	fmt.Println("Tracked", p.HasTracked(), p.Tracked())
	fmt.Println("Zoom", p.HasZoom(), p.Zoom())
	fmt.Println("Level", p.HasLevel(), p.Level())
	fmt.Println("Ratio", p.HasRatio(), p.Ratio())
	fmt.Println("Half", p.HasHalf(), p.Half())
	fmt.Println("Seen", p.HasSeen(), p.Seen())
	fmt.Println("Bought", p.HasBought(), time.Time(p.Bought()))
	fmt.Println("Timeout", p.HasTimeout(), p.Timeout())
	fmt.Println("Campaign", p.HasCampaign(), p.Campaign())
	fmt.Println("Ticket", p.HasTicket(), p.Ticket())
	fmt.Println("Widget", p.HasWidget(), p.Widget())
	fmt.Println("Plain", p.HasPlain(), p.Plain())
}
