package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// before declares what lines of the pages use without saying where it comes from.
const before = `package main

import (
	"context"
	"database/sql"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/example/web"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/legacy"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/redisstore"
	"github.com/sessiongen/sessiongen/runtime/scsstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

var (
	_ = memstore.New
	_ = legacy.FromSCS
	_ = securecookie.New
	_ = sessiontest.NewClock
	_ = sealed.New
	_ = sqlstore.SQLite
	_ = redisstore.New
	_ time.Duration
)

// yours is a store written for scs.
type yours interface {
	Find(token string) ([]byte, bool, error)
	Commit(token string, b []byte, expiry time.Time) error
	Delete(token string) error
}

var _ = scsstore.SingleProcess

func main() {}

func _(ctx context.Context, w http.ResponseWriter, r *http.Request, v *web.Visitor, visitors *web.VisitorManager,
	t *testing.T, server *http.Server, handler http.Handler, answer *sessiontest.Recorder[web.Visitor],
	until time.Time, oldKeys [][]byte, FillVisitor func(*web.Visitor, map[any]any) error,
	db *sql.DB, client redis.UniversalClient, keys *runtime.Keys, store, other runtime.Store, yours yours, options []runtime.Option) {
`

var assigned = regexp.MustCompile(`^([\w, ]+) := `)

// Each line of Go in README.md outside the quick start, and in every other page, compiles as
// it stands.
func TestReadmeCompiles(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	pages := goPages(t, root)
	var program strings.Builder
	program.WriteString(before)
	lines := 0
	for _, found := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(pages, -1) {
		for line := range strings.Lines(found[1]) {
			if strings.TrimSpace(line) == "" {
				continue
			}
			lines++
			fmt.Fprintf(&program, "\t{\n\t\t%s", line)
			if names := assigned.FindStringSubmatch(line); names != nil {
				for name := range strings.SplitSeq(names[1], ", ") {
					fmt.Fprintf(&program, "\t\t_ = %s\n", name)
				}
			}
			program.WriteString("\t}\n")
		}
	}
	program.WriteString("}\n")
	if lines < 5 {
		t.Fatalf("the pages have %d lines of Go outside the quick start: this test looks in the wrong place", lines)
	}
	// An overlay puts it into this module, which has all that it imports.
	dir := t.TempDir()
	source, overlay := filepath.Join(dir, "readme.go"), filepath.Join(dir, "overlay.json")
	replaced, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "example", "readme", "readme.go"): source}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{source: []byte(program.String()), overlay: replaced} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-overlay", overlay, "-o", filepath.Join(dir, "readme"), "./readme")
	if output, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nin\n%s", err, output, program.String())
	}
}

// goPages is the text of all pages, the quick start left out: another test follows that.
func goPages(t *testing.T, root string) string {
	t.Helper()
	var text strings.Builder
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == ".git"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		content, err := os.ReadFile(path)
		page := string(content)
		if path == filepath.Join(root, "README.md") {
			head, rest, _ := strings.Cut(page, "\n## Quick start\n")
			_, rest, _ = strings.Cut(rest, "\n## ")
			page = head + rest
		}
		text.WriteString(page + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}
