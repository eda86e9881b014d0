package main

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/sample"
	"github.com/sessiongen/sessiongen/runtime"
)

func main() {
	keys := browser.Must(runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9")))
	manager := browser.Must(NewGuestManager(runtime.WithKeys(keys), runtime.WithEvents(func(_ context.Context, e runtime.Event) {
		fmt.Println("event:", e.Kind, e.Field, e.Reason, e.Err)
	})))
	var b browser.Browser
	visit := func(handle func(v *Guest)) {
		b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) { handle(GuestFrom(r.Context())) })
	}
	visit(func(v *Guest) { fmt.Println("none:", len(sample.Compare(v, guest{})), v.HasCart(), v.HasDraft()) })
	for seed := range uint64(20) {
		var values guest
		sample.NewSource(seed).Fill(&values)
		visit(func(v *Guest) { sample.Set(v, values) })
		visit(func(v *Guest) {
			if same := sample.Compare(v, values); len(same) != 18 {
				fmt.Println("the same of", seed, "are only", same)
			}
		})
	}
	visit(func(v *Guest) { sample.Clear(v, guest{}) })
	visit(func(v *Guest) { fmt.Println("cleared:", len(sample.Compare(v, guest{})), v.HasCart(), v.HasDraft()) })

	visit(func(v *Guest) {
		v.SetAddr(netip.MustParseAddr("192.0.2.1"))
		v.SetCart([]Item{{"paper", 1}})
		v.SetDraft(nil)
		v.Cart()[0].Count = 99
	})
	visit(func(v *Guest) {
		fmt.Println("plain:", v.Addr(), strings.Contains(b.Header(), "addr=192.0.2.1"))
		fmt.Println("not live:", v.Cart())
		fmt.Println("nil, but set:", v.Draft(), v.HasDraft())
	})

	// Without the session, too.
	b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(manager.CartCookie().Read(r))
	})

	// A plain cookie is input from a stranger, and has one spelling only.
	for _, value := range []string{"192.0.2.01", "2001:DB8::1", "", "nowhere"} {
		var stranger browser.Browser
		stranger.Plant("addr", value)
		stranger.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) {
			v := GuestFrom(r.Context())
			fmt.Println(value, v.HasAddr(), v.Addr())
		})
	}

	// A cookie that was moved to another name does not open.
	cart := strings.TrimPrefix(b.Header()[strings.Index(b.Header(), "cart="):], "cart=")
	var thief browser.Browser
	thief.Plant("scores", strings.SplitN(cart, ";", 2)[0])
	thief.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println("moved:", GuestFrom(r.Context()).HasScores())
	})

	// What cannot be encoded fails the response, and sends nothing.
	visit(func(v *Guest) {
		tree := &Tree{Name: "self"}
		tree.Trees = []*Tree{tree}
		v.SetTree(*tree)
		v.SetScores([]int{1})
	})
	visit(func(v *Guest) { fmt.Println("after it:", v.HasTree(), v.HasScores()) })
}
