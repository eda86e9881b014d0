package gen

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/gen/internal/load/loadtest"
	"github.com/sessiongen/sessiongen/gen/internal/lock"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/gen/internal/parse"
)

// Two runs at once, each for a schema of its own (make -j), both add to the lock: the
// second to write must not take the first one's lines out again.
func TestLockKeepsTheLinesOfARunAtTheSameTime(t *testing.T) {
	pkg := func(schema string) *model.Package {
		p, errs := parse.Package(loadtest.Check(t, map[string]string{"web.go": "package web\ntype visitor struct {\n\t_ struct{} `session:\"idle=1m\"`\n\tName string `session:\"name\"`\n}\n" +
			"type admin struct {\n\t_ struct{} `session:\"idle=1m\"`\n\tRole string `session:\"role\"`\n}\n"}), nil)
		if errs != nil {
			t.Fatal(errs)
		}
		p.Schemas = slices.DeleteFunc(p.Schemas, func(s *model.Schema) bool { return s.Name != schema })
		return p
	}
	for _, before := range []string{"", "# A comment.\n", "# A comment.\nvisitor.old bytes string gone\n"} {
		dir := t.TempDir()
		path := filepath.Join(dir, lock.Name)
		if before != "" {
			if err := os.WriteFile(path, []byte(before), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		lockOf := func(schema string) []File {
			p := pkg(schema)
			p.Dir = dir
			_, locks, errs := lock.Check([]*model.Package{p}, nil, nil)
			if errs != nil {
				t.Fatal(errs)
			}
			return lockFiles(locks)
		}
		first, second := lockOf("visitor"), lockOf("admin")
		if _, err := Write(first); err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(dir, "admin_gen.go")
		if replaced, err := Write(append(second, File{Path: other, Content: []byte("new")})); !errors.Is(err, ErrLockChanged) || len(replaced) > 0 {
			t.Errorf("the second run has replaced %v, %v", replaced, err)
		}
		if _, err := os.Stat(other); err == nil {
			t.Error("the second run has written its code")
		}
		if _, err := Write(lockOf("admin")); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"\nvisitor.name ", "\nadmin.role "} {
			if !strings.Contains(string(content), want) {
				t.Errorf("%q is missing in\n%s", want, content)
			}
		}
	}
}

// A schema file that cannot be replaced leaves the other one as it was, too.
func TestWriteIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	old, fresh, obstacle := filepath.Join(dir, "a_gen.go"), filepath.Join(dir, "b_gen.go"), filepath.Join(dir, lock.Name)
	if err := os.WriteFile(old, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(obstacle, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	replaced, err := Write([]File{{Path: old, Content: []byte("new")}, {Path: fresh, Content: []byte("new")}, {Path: obstacle, Content: []byte("new")}})
	if err == nil || len(replaced) > 0 {
		t.Errorf("replaced %v, %v", replaced, err)
	}
	if content, err := os.ReadFile(old); err != nil || !bytes.Equal(content, []byte("old")) {
		t.Errorf("the old file is %q, %v", content, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if want := []string{"a_gen.go", lock.Name}; !slices.Equal(names, want) {
		t.Errorf("left behind are %v, want %v", names, want)
	}
}

// TestCheckFindsWhatWriteReplaces: what is in place is not stale, and nothing is written.
func TestCheckFindsWhatWriteReplaces(t *testing.T) {
	dir := t.TempDir()
	same, other, missing := filepath.Join(dir, "same.go"), filepath.Join(dir, "other.go"), filepath.Join(dir, "missing.go")
	for path, content := range map[string]string{same: "new", other: "old"} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files := []File{{Path: same, Content: []byte("new")}, {Path: other, Content: []byte("new")}, {Path: missing, Content: []byte("new")}}
	stale, err := Check(files)
	if err != nil || len(stale) != 2 || stale[0].Path != other || string(stale[0].Old) != "old" || stale[1].Path != missing || stale[1].Old != nil {
		t.Fatalf("stale are %v (%v)", stale, err)
	}
	if content, err := os.ReadFile(other); err != nil || string(content) != "old" {
		t.Errorf("it has become %q (%v)", content, err)
	}
	replaced, err := Write(files)
	if err != nil || !slices.Equal(replaced, []string{missing, other}) {
		t.Errorf("replaced were %v (%v)", replaced, err)
	}
	if stale, err := Check(files); err != nil || len(stale) > 0 {
		t.Errorf("stale are %v (%v)", stale, err)
	}
}

// A link stays one, whatever it leads to, and a file keeps its access rights.
func TestWriteKeepsLinksAndAccessRights(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(
		os.MkdirAll(in("shared/elsewhere"), 0o755),
		os.WriteFile(in("shared/code.go"), []byte("old"), 0o600),
		os.WriteFile(in("plain.go"), []byte("old"), 0o640),
	); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"relative.go": "chain.go", "chain.go": in("shared/code.go"), // one leads to the other
		"dangling.go": "shared/new.go", "folder": "shared/elsewhere",
		"shared/elsewhere/up.go": "../up.go",
	} {
		if err := os.Symlink(target, in(link)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	var files []File
	for _, name := range []string{"relative.go", "dangling.go", "folder/up.go", "plain.go", "first.go"} {
		files = append(files, File{Path: in(name), Content: []byte("new")})
	}
	if replaced, err := Write(files); err != nil || len(replaced) != len(files) {
		t.Fatalf("replaced %v, %v", replaced, err)
	}
	for _, link := range []string{"relative.go", "chain.go", "dangling.go", "folder/up.go"} {
		if info, err := os.Lstat(in(link)); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v, %v", link, info, err)
		}
	}
	for name, mode := range map[string]os.FileMode{"shared/code.go": 0o600, "shared/new.go": 0o644, "shared/up.go": 0o644, "plain.go": 0o640, "first.go": 0o644} {
		content, err := os.ReadFile(in(name))
		if err != nil || string(content) != "new" {
			t.Errorf("%s has %q, %v", name, content, err)
			continue
		}
		if info, err := os.Stat(in(name)); err != nil || os.PathSeparator == '/' && info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v; want %v", name, info.Mode(), err, mode)
		}
	}
}
