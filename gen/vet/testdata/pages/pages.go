// Package pages has handlers for the schema of another package.
package pages

import (
	"net/http"

	"github.com/sessiongen/sessiongen/gen/vet/testdata/shop"
)

var seen *shop.Visitor

// Page is a handler.
func Page(w http.ResponseWriter, r *http.Request) {
	v := shop.VisitorFrom(r.Context())
	http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark"})            // want `cookie theme is Visitor.Theme`
	http.SetCookie(w, &http.Cookie{Name: "theme", Value: string(shop.Dark)}) // want `cookie theme is Visitor.Theme`
	r.Cookie("campaign")                                                     // want `cookie campaign is Visitor.Campaign`
	r.Cookie("__Host-visitor")                                               // want `cookie __Host-visitor carries the token of Visitor`
	v.UpdateVisits(func(visits int) int {
		return v.Visits() + 1 // want `the function for Visitor.UpdateVisits may run again, on a newer value, and calls Visits`
	})
	go func() { v.AddVisits(1) }() // want `a goroutine may outlive it`
	seen = v                       // want `a package-level variable outlives it`
	r.Cookie("other")
}
