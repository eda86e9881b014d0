package servers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/gen"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/redisstore"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// sessiongen inspect reads the value that redisstore keeps under a session's key, and the output of
// redis-cli for it.
func TestWhatRedisKeepsIsReadByInspect(t *testing.T) {
	client := connect(t, testserver.SharedRedis(t))
	const prefix = "inspected:"
	store, err := redisstore.New(client, redisstore.WithPrefix(prefix))
	if err != nil {
		t.Fatal(err)
	}
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(sessiontest.Keys(t)))
	if err != nil {
		t.Fatal(err)
	}
	inspector, err := gen.NewInspector(t.Context(), gen.Config{Dir: "../../internal/shop"})
	if err != nil {
		t.Fatal(err)
	}
	var id runtime.ID
	serve := func(r *http.Request, do func(*shop.Visitor)) *sessiontest.Recorder[shop.Visitor] {
		return sessiontest.Serve(t, visitors, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			v := shop.VisitorFrom(r.Context())
			do(v)
			if err := v.Commit(r.Context()); err != nil {
				t.Error(err)
			}
			if !v.Info().New {
				id = v.Info().ID
			}
		}), r)
	}
	answer := serve(httptest.NewRequest("GET", "/", nil), func(v *shop.Visitor) {
		v.SetUserID(7)
		v.SetTeam("red")
		v.SetUsername("john_doe")
	})
	key := prefix + "s:" + id.String()
	for _, value := range printed(t, client, key) {
		record, err := gen.ReadRecord(value)
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		got, err := inspector.Inspect(record, false)
		if err != nil || !strings.Contains(string(got), `"username": "john_doe"`) || !strings.Contains(string(got), `"team": "red"`) {
			t.Errorf("%q: %v\n%s", value, err, got)
		}
	}
	serve(answer.Next("GET", "/"), func(v *shop.Visitor) { v.Destroy() })
	for _, value := range printed(t, client, key) {
		if record, err := gen.ReadRecord(value); err == nil || !strings.Contains(err.Error(), "has ended") {
			t.Errorf("the mark of an ended session is read as %q, %v", record, err)
		}
	}
}

// printed returns the value, and the output of redis-cli for it if the machine has one.
func printed(t *testing.T, client *redis.Client, key string) [][]byte {
	t.Helper()
	value, err := client.Get(t.Context(), key).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	values := [][]byte{value, fmt.Appendf(nil, "%s\n", value)}
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		return values
	}
	for _, form := range []string{"--raw", "--no-raw"} {
		text, err := exec.CommandContext(t.Context(), cli, form, "-u", "redis://"+client.Options().Addr, "get", key).Output()
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, text)
	}
	return values
}
