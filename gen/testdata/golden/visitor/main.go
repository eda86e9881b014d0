package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	keys := browser.Must(runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9")))
	manager := browser.Must(NewVisitorManager(memstore.New(), runtime.WithKeys(keys)))
	var b browser.Browser
	visit := func(handle func(v *Visitor)) {
		b.Visit(manager.Middleware, func(_ http.ResponseWriter, r *http.Request) { handle(VisitorFrom(r.Context())) })
	}
	noon := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	secrets := func() string { return b.Header() }

	visit(func(v *Visitor) {
		fmt.Println("a stranger:", v.HasUserID(), v.Role(), v.HasRole(), v.Wait(), v.Info().New)
		v.SetNotice("welcome")
		v.AppendNotices("one", "two")
	})
	anonymous := secrets()
	visit(func(v *Visitor) {
		fmt.Println(v.Notice())
		fmt.Println(v.TakeNotice())
		fmt.Println(v.TakeNotice())
		fmt.Println(v.TakeNotices())
	})
	visit(func(v *Visitor) { v.SetNotice("again") })
	visit(func(v *Visitor) {
		fmt.Println(v.TakeNotice())
		// Another request says the same meanwhile.
		visit(func(v *Visitor) { v.SetNotice("again") })
	})
	visit(func(v *Visitor) { fmt.Println(v.TakeNotice()) })
	visit(func(v *Visitor) {
		fmt.Println("read once:", v.HasNotice(), v.HasNotices())
		v.SetUserID(7)
		v.SetRole("admin")
		v.SetTeam("red")
		v.SetSince(noon)
		v.SetPIN("1234")
		v.SetRights(Rights{Read: []string{"everything"}})
		v.SetCampaign("spring")
		v.SetTicket(12)
		v.Remember(true)
	})
	fmt.Println("a new secret:", secrets() != anonymous)
	signedIn := secrets()
	visit(func(v *Visitor) { v.SetTeam("red") })
	fmt.Println("a team is no privilege:", secrets() == signedIn)
	visit(func(v *Visitor) { v.UpdateRights(func(r Rights) Rights { r.Write = []string{"much"}; return r }) })
	fmt.Println("rights are one:", secrets() != signedIn)
	visit(func(v *Visitor) {
		fmt.Println("signed in:", v.UserID(), v.Role(), v.Team(), v.PIN(), v.Rights(), v.Campaign(), v.Ticket())
		text := fmt.Sprint(v)
		fmt.Println("printed:", text[strings.Index(text, "user_id"):])
	})
	ctx := context.Background()
	fmt.Println("listed:", len(browser.Must(manager.ListByUserID(ctx, 7))), len(browser.Must(manager.ListByTeam(ctx, "red"))),
		len(browser.Must(manager.ListByTeam(ctx, "blue"))), len(browser.Must(manager.ListBySince(ctx, noon))))
	visit(func(v *Visitor) { v.ClearUserID() })
	visit(func(v *Visitor) { fmt.Println("signed out:", v.HasUserID(), v.Role(), v.HasTeam(), v.HasCampaign()) })
	visit(func(v *Visitor) { v.SetUserID(8); v.Renew() })
	visit(func(v *Visitor) { v.Destroy() })
	visit(func(v *Visitor) { fmt.Println("destroyed:", v.HasUserID(), v.Info().New) })
	fmt.Println(manager.RevokeByUserID(ctx, 8))
	fmt.Println(manager.RevokeByTeam(ctx, "red"))
}
