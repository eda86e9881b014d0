package main

import (
	"fmt"
	"net/http"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/reserved/engine"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/reserved/runtime"
	frames "github.com/sessiongen/sessiongen/gen/testdata/golden/reserved/wire"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	manager := browser.Must(NewVisitorManager(memstore.New()))
	var b browser.Browser
	b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) {
		v := VisitorFrom(r.Context())
		v.SetEngine(engine.Engine{Session: "e"})
		v.AppendRuntime(runtime.Runtime{Info: 1})
		v.PutFrames("k", frames.Wire{Reader: true})
		v.SetWire(wire{"w"})
		v.SetSlot(2)
		v.SetCookie("c")
	})
	b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) {
		v := VisitorFrom(r.Context())
		fmt.Println(v.Engine(), v.Runtime(), v.Frames(), v.Wire(), v.Slot(), v.Cookie())
	})
}
