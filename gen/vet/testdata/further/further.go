// Package further imports pages that use the schema, and not the schema: it may be
// about another site.
package further

import (
	"net/http"

	"github.com/sessiongen/sessiongen/gen/vet/testdata/pages"
)

// Page is a handler.
func Page(w http.ResponseWriter, r *http.Request) {
	pages.Page(w, r)
	r.Cookie("theme")
}
