package servers_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// A handler lets nginx send a file to a customer who has a coupon left, and takes the coupon.
// Where that cannot be stored, the customer gets the error page and not the file: nginx obeys
// X-Accel-Redirect whatever the status of the response is.
func TestNginxSendsNoProtectedFileAfterAFailedCommit(t *testing.T) {
	t.Parallel()
	store := sessiontest.NewStore(t, nil)
	guests, err := kiosk.NewGuestManager(store)
	must(t, err)
	application := httptest.NewServer(guests.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Accel-Redirect", "/protected/film.txt")
		w.Header().Set("Content-Type", "text/plain")
		kiosk.GuestFrom(r.Context()).SetNote("has taken the coupon")
	})))
	defer application.Close()
	folder := filepath.Join(t.TempDir(), "files")
	must(t, os.Mkdir(folder, 0o755))
	must(t, os.WriteFile(filepath.Join(folder, "film.txt"), []byte("the film"), 0o644))
	server := testserver.Nginx(t, fmt.Sprintf(`
		location / { proxy_pass %s; }
		location /protected/ { internal; alias %s/; }`, application.URL, folder))

	get := func() (int, string) {
		response, err := http.Get(server.URL() + "/film")
		must(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		must(t, err)
		return response.StatusCode, string(body)
	}
	if status, body := get(); status != http.StatusOK || body != "the film" {
		t.Fatalf("with a store that works: %d %q\n%s", status, body, server.Log())
	}
	store.Fail(sessiontest.Create, errors.New("the store is down"))
	if status, body := get(); status != http.StatusServiceUnavailable || body == "the film" {
		t.Errorf("with a store that is down: %d %q, want a 503 without the file", status, body)
	}
}
