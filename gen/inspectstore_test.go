package gen_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/gen"
	"github.com/sessiongen/sessiongen/gen/internal/shop"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/scsstore"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// signedIn keeps a session of two terms, and then ends it: between is called while it is
// there, and once more when it is not.
func signedIn(t *testing.T, store runtime.Store, between func(runtime.ID)) {
	t.Helper()
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(sessiontest.Keys(t)))
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
			id = v.Info().ID
		}), r)
	}
	answer := serve(httptest.NewRequest("GET", "/", nil), func(v *shop.Visitor) {
		v.SetUserID(7)
		v.SetUsername("john_doe")
	})
	kept := id
	between(kept)
	serve(answer.Next("GET", "/"), func(v *shop.Visitor) { v.Destroy() })
	between(kept)
}

// wantStored reads what a store keeps: first a session, and then the mark of its end.
func wantStored(t *testing.T, value []byte, live bool) {
	t.Helper()
	record, err := gen.ReadRecord(value)
	if !live {
		if err == nil || !strings.Contains(err.Error(), "has ended") {
			t.Errorf("the mark of an ended session is read as %q, %v", record, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := inspector(t).Inspect(record, false)
	if err != nil || !strings.Contains(string(got), `"username": "john_doe"`) || !strings.Contains(string(got), `"user_id": 7`) {
		t.Errorf("%v\n%s", err, got)
	}
}

// values is what scs calls a store.
type values struct {
	mu   sync.Mutex
	kept map[string][]byte
}

func (v *values) Find(token string) ([]byte, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	b, found := v.kept[token]
	return b, found, nil
}

func (v *values) Commit(token string, b []byte, _ time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.kept[token] = b
	return nil
}

func (v *values) Delete(token string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.kept, token)
	return nil
}

func TestInspectWhatAnSCSStoreKeeps(t *testing.T) {
	kept := &values{kept: map[string][]byte{}}
	store, err := scsstore.SingleProcess(kept)
	if err != nil {
		t.Fatal(err)
	}
	live := true
	signedIn(t, store, func(id runtime.ID) {
		wantStored(t, kept.kept[fmt.Sprintf("sg-r-%x", id[:])], live)
		live = false
	})
}

// What a client prints where there is no session is no session without fields.
func TestInspectNothing(t *testing.T) {
	for _, nothing := range []string{"", "\n", `""`} {
		if record, err := gen.ReadRecord([]byte(nothing)); err == nil {
			t.Errorf("%q is read as the record %q", nothing, record)
		}
	}
}
