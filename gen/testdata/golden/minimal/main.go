package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	manager := browser.Must(NewCounterManager(memstore.New(), runtime.WithEvents(func(context.Context, runtime.Event) {})))
	var b browser.Browser
	for range 3 {
		b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) {
			v := CounterFrom(r.Context())
			v.AddVisits(1)
			fmt.Println(v.Visits(), v.Info().New)
		})
	}
	b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) {
		v := CounterFrom(r.Context())
		v.UpdateVisits(func(n int) int { return n * 10 })
		fmt.Println(v.Visits())
	})

	// Without the middleware.
	r := httptest.NewRequest(http.MethodGet, "https://golden.example/", nil)
	r.Header.Set("Cookie", b.Header())
	w := httptest.NewRecorder()
	v := browser.Must(manager.Load(w, r))
	v.AddVisits(1)
	fmt.Println(v.Visits(), v.Commit(r.Context()))
	_, found := LookupCounter(context.Background())
	fmt.Println(found)

	// Printed, a session tells its ID and nothing that opens it.
	id := v.Info().ID.String()
	fmt.Println(fmt.Sprintf("%v", v) == "Counter{id: "+id+", visits: 31}")
	text := browser.Must(json.Marshal(v))
	fmt.Println(string(text) == `{"id":"`+id+`","fields":{"visits":31}}`)
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "id" && a.Value.String() == id {
			return slog.Attr{}
		}
		return a
	}}))
	logger.Info("visit", "session", v)

	fmt.Println(manager.Revoke(r.Context(), v.Info().ID))
	b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(CounterFrom(r.Context()).HasVisits())
	})
	fmt.Println(manager.Close())

	defer func() { fmt.Println(recover()) }()
	CounterFrom(context.Background())
}
