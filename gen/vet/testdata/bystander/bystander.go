// Package bystander is another site: it does not import the schema's package, and
// its cookies may be called as they like.
package bystander

import "net/http"

// Page is a handler.
func Page(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark"})
	r.Cookie("campaign")
	go func() { http.SetCookie(w, &http.Cookie{Name: "__Host-visitor"}) }()
}
