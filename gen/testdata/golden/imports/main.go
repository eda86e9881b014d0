package main

import (
	formatted "fmt"
	web "net/http"
	moments "time"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	manager := browser.Must(NewRuntimeManager(memstore.New()))
	var b browser.Browser
	b.Visit(manager.Middleware, func(_ web.ResponseWriter, r *web.Request) {
		v := RuntimeFrom(r.Context())
		formatted.Println(v.Since(), v.Wait())
		v.UpdateSince(func(t moments.Time) moments.Time { return t.Add(moments.Hour) })
		v.SetContext(context{[]slog{{1}, {2}}})
		v.AppendStrings(0.5, 1)
		v.PutFmt(1, 2)
		v.AddTrue(3)
		v.SetTheme(1)
	})
	b.Visit(manager.Middleware, func(_ web.ResponseWriter, r *web.Request) {
		v := RuntimeFrom(r.Context())
		formatted.Println(v.Since(), v.Context(), v.Strings(), v.Fmt(), v.True(), v.Theme())
	})
	copy()
	formatted.Println(max, print, recover)
}
