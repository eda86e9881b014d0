package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/browser"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	quiet := runtime.WithEvents(func(context.Context, runtime.Event) {})
	store := memstore.New()
	shoppers := browser.Must(NewShopperManager(store, quiet))
	staff := browser.Must(NewStaffMemberManager(store, quiet))
	both := func(next http.Handler) http.Handler { return shoppers.Middleware(staff.Middleware(next)) }
	var b, other browser.Browser
	item := Item{"tea", 250}

	b.Visit(both, func(_ http.ResponseWriter, r *http.Request) {
		s, m := ShopperFrom(r.Context()), StaffMemberFrom(r.Context())
		s.SetUserID(7)
		s.AppendCart(item)
		m.SetUserID("7")
		m.PutTill("tea", item)
		m.AddSize(3)
		m.SetValue(item)
		m.SetStaff(true)
	})
	b.Visit(both, func(_ http.ResponseWriter, r *http.Request) {
		s, m := ShopperFrom(r.Context()), StaffMemberFrom(r.Context())
		fmt.Println(s.UserID(), s.Cart(), m.UserID(), m.Till(), m.Size(), m.Value(), m.Staff())
	})

	// The same value of the same key in another schema is another principal.
	other.Visit(both, func(_ http.ResponseWriter, r *http.Request) { ShopperFrom(r.Context()).SetUserID(7) })
	ctx := context.Background()
	fmt.Println(len(browser.Must(shoppers.ListByUserID(ctx, 7))), len(browser.Must(staff.ListByUserID(ctx, "7"))))
	other.Visit(both, func(_ http.ResponseWriter, r *http.Request) { ShopperFrom(r.Context()).RevokeOthers() })
	b.Visit(both, func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(ShopperFrom(r.Context()).HasUserID(), StaffMemberFrom(r.Context()).HasUserID())
	})
	fmt.Println(staff.RevokeByUserID(ctx, "7"))
	b.Visit(both, func(_ http.ResponseWriter, r *http.Request) { fmt.Println(StaffMemberFrom(r.Context()).HasUserID()) })
}
