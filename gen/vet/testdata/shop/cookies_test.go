package shop

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// pretend is for a test of what reads schemas.
type pretend struct {
	_ struct{} `session:"idle=30m" cookie:"__Host-visitor"`

	Name string `session:"name"`
}

// A test plays the part of a browser.
func TestForged(t *testing.T) {
	_ = pretend{}
	w := httptest.NewRecorder()
	http.SetCookie(w, &http.Cookie{Name: "theme", Value: "forged"})
}
