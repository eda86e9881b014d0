package moving_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"github.com/sessiongen/sessiongen/runtime"
	sgmemstore "github.com/sessiongen/sessiongen/runtime/memstore"

	boardafter "github.com/sessiongen/sessiongen/runtime/bench/moving/gorilla/after"
	"github.com/sessiongen/sessiongen/runtime/legacy"
)

// oldFiles is how the comment of runtime.FromGorilla has other stores of gorilla read.
func oldFiles(oldStore sessions.Store) legacy.Source {
	return legacy.Source{
		Cookie: "board",
		Read: func(r *http.Request) (map[any]any, error) {
			s, err := oldStore.Get(r, "board")
			if err != nil || s.IsNew {
				return nil, err
			}
			return s.Values, nil
		},
		End: func(w http.ResponseWriter, r *http.Request) error {
			s, err := oldStore.Get(r, "board")
			if err != nil {
				return err
			}
			s.Options.MaxAge = -1
			return s.Save(r, w)
		},
	}
}

// Sessions that gorilla kept in files are taken over; a cookie whose file is gone is
// nobody's, and keeps nobody out.
func TestSessionsInFilesAreTakenOver(t *testing.T) {
	dir := t.TempDir()
	oldStore := sessions.NewFilesystemStore(dir, oldKeys...)
	before := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := oldStore.Get(r, "board")
		check(t, err)
		s.Values["name"] = "ada"
		check(t, s.Save(r, w))
	})
	store := sgmemstore.New()
	t.Cleanup(func() { store.Close() })
	visitors, err := boardafter.NewVisitorManager(store, runtime.WithLegacy(time.Now().AddDate(0, 1, 0), oldFiles(oldStore),
		func(v *boardafter.Visitor, old map[any]any) error {
			name, _ := old["name"].(string)
			v.SetName(name)
			return nil
		}))
	check(t, err)
	after := visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "It is %q.", boardafter.VisitorFrom(r.Context()).Name())
	}))

	h := newHost(t, before)
	b, lost := h.browser(t), h.browser(t)
	b.get()
	lost.get()
	copied := *b.cookie("board")
	h.deploy(after)
	b.wants(b.get(), `It is "ada".`)
	b.wants(b.get(), `It is "ada".`)

	thief := h.browser(t)
	thief.keep(&copied)
	thief.wants(thief.get(), `It is "".`)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	check(t, err)
	for _, file := range files {
		check(t, os.Remove(file))
	}
	if len(files) != 1 {
		t.Errorf("there are %d files of old sessions, want that of the other browser alone", len(files))
	}
	lost.wants(lost.get(), `It is "".`)
}
