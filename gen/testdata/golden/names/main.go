package main

import (
	"fmt"
	"net/http"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/names/r"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/names/size"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	memory := memstore.New()
	values := browser.Must(NewValueManager(memory))
	keys := browser.Must(NewKeyManager(memory))
	vs := browser.Must(NewVManager(memory))
	ms := browser.Must(NewMManager())
	all := func(next http.Handler) http.Handler {
		return values.Middleware(keys.Middleware(vs.Middleware(ms.Middleware(next))))
	}
	var b2nd browser.Browser
	b2nd.Visit(all, func(_ http.ResponseWriter, req *http.Request) {
		one, two, three, four := ValueFrom(req.Context()), KeyFrom(req.Context()), VFrom(req.Context()), MFrom(req.Context())
		one.SetValue(1)
		one.PutKey("k", field{1, 2})
		one.AppendField(field{3, 4})
		one.AppendSize(size.Size{Size: 5})
		one.PutR("r", r.R{R: "r"})
		one.SetB(b{[]b2{{"s", "v"}}})
		one.SetCtx("c")
		one.SetOptions(manager)
		two.SetV(v{map[string]c{"c": {n{outer{[]i{{6}}}}}}})
		two.PutC(true, c{n{outer{[]i{{7}}}}})
		two.AppendN(n{outer{[]i{{8}}}})
		two.SetOuter(outer{[]i{{9}}})
		three.AddDelta(0.5)
		three.SetChange("ed")
		three.AppendValues(1, 2)
		four.SetW("w")
		four.SetErr(true)
		four.SetId(1)
		four.SetState("s")
	})
	b2nd.Visit(all, func(_ http.ResponseWriter, req *http.Request) {
		one, two, three, four := ValueFrom(req.Context()), KeyFrom(req.Context()), VFrom(req.Context()), MFrom(req.Context())
		fmt.Println(one.Value(), one.Key(), one.Field(), one.Size(), one.R(), one.B(), one.Ctx(), one.Options())
		fmt.Println(two.V(), two.C(), two.N(), two.Outer())
		fmt.Println(three.Delta(), three.Change(), three.Values())
		fmt.Println(four.W(), four.Err(), four.Id(), four.State())
		fmt.Println(len(browser.Must(values.ListByCtx(req.Context(), "c"))), len(browser.Must(values.ListByValue(req.Context(), 1))))
	})
}
