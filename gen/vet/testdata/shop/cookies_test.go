package shop

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// A test plays the part of a browser.
func TestForged(t *testing.T) {
	w := httptest.NewRecorder()
	http.SetCookie(w, &http.Cookie{Name: "theme", Value: "forged"})
}
