package main

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func TestEventsEndWithTheSession(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	visitors, err := visitor.NewVisitorManager(store)
	if err != nil {
		t.Fatal(err)
	}
	ticks := make(chan time.Time)
	server := httptest.NewServer(routes(visitors, ticks))
	defer server.Close()
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       20 * time.Second,
	}
	cookie := ""
	send := func(method, path string) *http.Response {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Cookie", cookie)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}

	if status := send(http.MethodGet, "/events").StatusCode; status != http.StatusUnauthorized {
		t.Errorf("events for nobody: status %d", status)
	}
	signedIn := send(http.MethodPost, "/login")
	if len(signedIn.Cookies()) != 1 {
		t.Fatalf("signing in sets the cookies %v", signedIn.Cookies())
	}
	cookie = signedIn.Cookies()[0].Name + "=" + signedIn.Cookies()[0].Value

	lines := bufio.NewScanner(send(http.MethodGet, "/events").Body)
	next := func(want string) {
		t.Helper()
		for lines.Scan() {
			if line := lines.Text(); line != "" {
				if !strings.HasPrefix(line, want) {
					t.Fatalf("the stream goes on with %q, want %q", line, want)
				}
				return
			}
		}
		t.Fatalf("the stream has ended, want %q: %v", want, lines.Err())
	}
	next("data: visit 0")
	send(http.MethodGet, "/")
	select {
	case ticks <- time.Time{}:
	case <-time.After(10 * time.Second):
		t.Fatal("the stream waits for no tick")
	}
	next("data: visit 1")
	send(http.MethodPost, "/logout")
	next("event: ended")
	next("data:")
	if lines.Scan() && lines.Text() != "" || lines.Err() != nil {
		t.Errorf("after its end, the stream has %q, %v", lines.Text(), lines.Err())
	}
}
