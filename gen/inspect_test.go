package gen_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/sessiongen/sessiongen/gen"
	"github.com/sessiongen/sessiongen/gen/internal/shop"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// recordOf is what a store keeps of a shop's visitor.
func recordOf(t *testing.T, set func(*shop.Visitor)) []byte {
	t.Helper()
	store := memstore.New()
	defer store.Close()
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		t.Fatal(err)
	}
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(keys),
		runtime.WithClient(func(r *http.Request) runtime.Client { return runtime.Client{UserAgent: r.UserAgent()} }),
		runtime.WithClock(func() time.Time { return time.Date(2026, time.November, 25, 8, 30, 0, 0, time.UTC) }))
	if err != nil {
		t.Fatal(err)
	}
	var id runtime.ID
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("User-Agent", "curl/8")
	visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := shop.VisitorFrom(r.Context())
		set(v)
		if err := v.Commit(r.Context()); err != nil {
			t.Error(err)
		}
		id = v.Info().ID
	})).ServeHTTP(httptest.NewRecorder(), r)
	rec, err := store.Load(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(rec.Data)
}

func inspector(t *testing.T) *gen.Inspector {
	t.Helper()
	i, err := gen.NewInspector(t.Context(), gen.Config{Dir: "internal/shop"})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

const inspected = `{
	"schema": "visitor",
	"session": {
		"created": "2026-11-25T08:30:00Z",
		"authenticated_at": "2026-11-25T08:30:00Z",
		"written": "2026-11-25T08:30:00Z",
		"user_agent": "curl/8",
		"changes_of_privilege": 1,
		"flashes": [
			"notice"
		]
	},
	"fields": {
		"user_id": 7,
		"username": "john_doe",
		"cart": [
			{
				"sku": "damson"
			},
			{
				"sku": "fernery",
				"wrapped": true
			}
		],
		"wishes": {
			"harbour": "for <Jane>"
		},
		"visits": -3,
		"notice": "Hello"
	}
}
`

func TestInspect(t *testing.T) {
	record := recordOf(t, func(v *shop.Visitor) {
		v.SetUserID(7)
		v.SetUsername("john_doe")
		v.AppendCart(shop.Item{SKU: "damson"}, shop.Item{SKU: "fernery", Wrapped: true})
		v.PutWishes("harbour", "for <Jane>")
		v.SetVisits(-3)
		v.SetNotice("Hello")
	})
	i := inspector(t)
	forms := map[string][]byte{"as it is": record, "with a new line": append(bytes.Clone(record), '\n'), "with another one": append(bytes.Clone(record), "\r\n"...)}
	for name, form := range map[string]string{"hexadecimal": "%x\n", "PostgreSQL": `\x%x`, "MySQL": "0x%X", "SQLite": "X'%x'"} {
		forms[name] = fmt.Appendf(nil, form, record)
	}
	for name, form := range forms {
		read, err := gen.ReadRecord(form)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := i.Inspect(read, false)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if string(got) != inspected {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, inspected)
		}
	}
	if i.Schema() != "visitor" || i.Cookie() != "__Host-visitor" {
		t.Errorf("it is about the schema %s and the cookie %s", i.Schema(), i.Cookie())
	}
}

// A visitor's texts cannot change what a terminal shows, and are read from the JSON as they are.
func TestInspectEscapesWhatCannotBePrinted(t *testing.T) {
	name, key := "a\u0085\u009b31m\u202eb\u2066\U000e0041é", "\u200fwish"
	record := recordOf(t, func(v *shop.Visitor) {
		v.SetUsername(name)
		v.PutWishes(key, "\u2028")
	})
	got, err := inspector(t).Inspect(record, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range string(got) {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			t.Errorf("%U is printed as it is", r)
		}
	}
	var read struct {
		Fields struct {
			Username string
			Wishes   map[string]string
		}
	}
	if err := json.Unmarshal(got, &read); err != nil || read.Fields.Username != name || read.Fields.Wishes[key] != "\u2028" {
		t.Errorf("read as %+q, %v", read, err)
	}
}

// What can be read is shown, and what cannot says so.
func TestInspectWhatIsNotInOrder(t *testing.T) {
	record := recordOf(t, func(v *shop.Visitor) {
		v.SetUsername("john_doe")
		v.AppendCart(shop.Item{SKU: "damson"})
	})
	i := inspector(t)
	foreign := append(record, wire.AppendString(nil, 262_143, "somebody else's")...)
	if got, err := i.Inspect(foreign, false); err != nil || !strings.Contains(string(got), `"262143": "19 bytes"`) || strings.Contains(string(got), "somebody") {
		t.Errorf("with a field of another program: %v\n%s", err, got)
	}
	broken := strings.Replace(string(record), "damson", "\xff\xff\xff\xff\xff\xff", 1)
	broken = strings.Replace(broken, "\x06\xff", "\x7f\xff", 1)
	if got, err := i.Inspect([]byte(broken), false); err != nil || !strings.Contains(string(got), `"cart": "cannot be read: value is cut off"`) || !strings.Contains(string(got), "john_doe") {
		t.Errorf("with a broken field: %v\n%s", err, got)
	}
	short := "S" + strings.Repeat("\x00", 24) + "\xff\xff" + string(record) // more terms than there are bytes
	if _, err := gen.ReadRecord([]byte(short)); err == nil || !strings.Contains(err.Error(), "it is cut off") {
		t.Errorf("with a store's value that ends early: %v", err)
	}
	for _, text := range []string{"hello", "\xff", strings.ToUpper(hex.EncodeToString([]byte{0x0f}))} {
		read, err := gen.ReadRecord([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := i.Inspect(read, false); err == nil {
			t.Errorf("%q is shown as %s", text, got)
		}
	}
}

func FuzzInspect(f *testing.F) {
	f.Add([]byte("\x0a\x20"))
	i, err := gen.NewInspector(context.Background(), gen.Config{Dir: "internal/shop"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		if record, err := gen.ReadRecord(input); err == nil {
			_, _ = i.Inspect(record, true)
		}
		_, _ = i.Inspect(input, true)
	})
}
