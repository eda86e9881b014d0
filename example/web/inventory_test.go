package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/example/web"
	"github.com/sessiongen/sessiongen/gen"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// TestASVS_7_1_1_and_7_1_2_TheInventoryIsWhatBrowsersAreSent compares what is
// documented with the Set-Cookie headers of a running shop.
func TestASVS_7_1_1_and_7_1_2_TheInventoryIsWhatBrowsersAreSent(t *testing.T) {
	text, err := gen.Doc(t.Context(), gen.DocConfig{Config: gen.Config{Dir: "."}, Format: "json"})
	if err != nil {
		t.Fatal(err)
	}
	var inventory gen.Inventory
	if err := json.Unmarshal(text, &inventory); err != nil {
		t.Fatal(err)
	}
	visitor := inventory.Schemas[0]
	documented := map[string]string{visitor.Session.Cookie.Name: visitor.Session.Cookie.SetCookie}
	for _, c := range visitor.Cookies {
		documented[c.Name] = c.SetCookie
	}

	visitors, err := web.NewVisitorManager(memstore.New(), runtime.WithKeys(newKeys(t)))
	if err != nil {
		t.Fatal(err)
	}
	response := httptest.NewRecorder()
	visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := web.VisitorFrom(r.Context())
		v.AddVisits(1)
		v.SetFavoriteColor(web.Teal)
		v.SetTheme(web.Dark)
		v.SetCampaign("spring")
		v.SetDoorstep("behind the shed")
	})).ServeHTTP(response, httptest.NewRequest(http.MethodGet, "https://shop.example/", nil))
	for _, line := range response.Header().Values("Set-Cookie") {
		pair, attributes, _ := strings.Cut(line, "; ")
		name, _, _ := strings.Cut(pair, "=")
		if attributes != documented[name] {
			t.Errorf("%s is sent with %s, and documented with %q", name, attributes, documented[name])
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("%s is documented, and was not sent", name)
	}
}
