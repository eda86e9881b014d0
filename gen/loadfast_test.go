package gen

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/sessiongen/sessiongen/gen/internal/load"
)

// schemaFolders are the folders below root that hold Go files.
func schemaFolders(t *testing.T, root string) (folders []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "bench") {
			return filepath.SkipDir // bench is another module, which need not be there
		}
		if !entry.IsDir() && strings.HasSuffix(path, ".go") && !slices.Contains(folders, filepath.Dir(path)) {
			folders = append(folders, filepath.Dir(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return folders
}

// generated is everything that is said about a folder.
func generated(t *testing.T, dir string, thorough bool) string {
	t.Helper()
	var all strings.Builder
	files, err := Generate(t.Context(), Config{Dir: dir, thorough: thorough})
	if err != nil {
		fmt.Fprintln(&all, "error:", err)
	}
	for _, f := range files {
		fmt.Fprintf(&all, "-- %s --\n%s", f.Path, f.Content)
	}
	inventory, err := Doc(t.Context(), DocConfig{Config: Config{Dir: dir, thorough: thorough}, Format: "json"})
	fmt.Fprintf(&all, "-- doc --\n%s%v\n", inventory, err)
	return all.String()
}

// sameBothWays compares what the two ways of loading lead to.
func sameBothWays(t *testing.T, dir string) (fast bool) {
	t.Helper()
	config := Config{Dir: dir, Output: DefaultOutput, Patterns: []string{"."}}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	quick, thorough := generated(t, dir, false), generated(t, dir, true)
	if quick != thorough {
		t.Errorf("%s: loaded fast, it is another one\n%s", dir, firstDifference([]byte(thorough), []byte(quick)))
	}
	return readFast(t.Context(), absolute, config) != nil
}

func TestBothWaysOfLoadingAgree(t *testing.T) {
	fast := 0
	folders := slices.Concat(schemaFolders(t, "../example"), schemaFolders(t, "../runtime/internal"), schemaFolders(t, "testdata"), []string{".", "../runtime"})
	for _, dir := range folders {
		if sameBothWays(t, dir) {
			fast++
		}
	}
	t.Logf("%d of %d folders were loaded fast", fast, len(folders))
	if fast < 20 {
		t.Errorf("only %d folders were loaded fast", fast)
	}
}

// The scripts of the command have packages in every bad state that there is.
func TestBothWaysOfLoadingAgreeOnScripts(t *testing.T) {
	scripts, err := filepath.Glob("../cmd/sessiongen/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	fast, all := 0, 0
	for _, script := range slices.Concat(scripts, more) {
		archive, err := txtar.ParseFile(script)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		module := "module example.com/shop\n\ngo 1.26.0\n\nrequire github.com/sessiongen/sessiongen v0.0.0\n\nreplace github.com/sessiongen/sessiongen => " + root + "\n"
		files := append([]txtar.File{{Name: "go.mod", Data: []byte(module)}, {Name: "go.sum", Data: sums}}, archive.Files...)
		for _, f := range files {
			path := filepath.Join(dir, f.Name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, folder := range schemaFolders(t, dir) {
			all++
			if sameBothWays(t, folder) {
				fast++
			}
		}
	}
	t.Logf("%d of %d packages in scripts were loaded fast", fast, all)
	if fast < 20 || fast == all {
		t.Errorf("%d of %d packages in scripts were loaded fast", fast, all)
	}
}

// A schema of plain types and times costs no other process: none could be found.
func TestPlainTypesNeedNoGoCommand(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod": "module example.com/shop\n\ngo 1.26.0\n",
		"visitor.go": "package shop\n\nimport \"time\"\n\ntype visitor struct {\n\t_ struct{} `session:\"\"`\n\n\tUserID int64 `session:\",principal\"`\n" +
			"\tSeen time.Time `session:\"\"`\n\tFor time.Duration `session:\"\"`\n\tDay time.Weekday `cookie:\"day\"`\n}\n",
		"handlers.go": "package shop\n\nimport \"net/http\"\n\nfunc home(w http.ResponseWriter, r *http.Request) { VisitorFrom(r.Context()).SetUserID(7) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := generated(t, dir, true)
	t.Setenv("PATH", t.TempDir())
	if got := generated(t, dir, false); got != want {
		t.Errorf("without a go command it is another one\n%s", firstDifference([]byte(want), []byte(got)))
	}
	if got := generated(t, dir, true); !strings.Contains(got, "error:") {
		t.Error("the thorough way found a go command: this test shows nothing")
	}
}

// Whatever tells the go command to see something else is left to it.
func TestUnusualEnvironments(t *testing.T) {
	settings := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(settings, []byte("GOOS=plan9\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	flags := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(flags, []byte("GOFLAGS=-tags=special\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	driver := t.TempDir()
	if err := os.WriteFile(filepath.Join(driver, "gopackagesdriver"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs("../runtime/internal/shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, variable, value string
		fast                  bool
	}{
		{"as usual", "GOFLAGS", "", true},
		{"harmless flags", "GOFLAGS", "-mod=mod -trimpath", true},
		{"build tags", "GOFLAGS", "-tags=special", false},
		{"overlay", "GOFLAGS", "-mod=mod --overlay=files.json", false},
		{"no modules", "GO111MODULE", "off", false},
		{"driver", "GOPACKAGESDRIVER", "/usr/bin/driver", false},
		{"no driver", "GOPACKAGESDRIVER", "off", true},
		{"driver that is found", "PATH", driver, false},
		{"settings", "GOENV", settings, false},
		{"flags in settings", "GOENV", flags, false},
		{"no settings", "GOENV", "off", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("GOFLAGS", "")
			t.Setenv("GOENV", "off")
			t.Setenv(c.variable, c.value)
			if _, fast := load.Fast(t.Context(), dir, DefaultOutput, []string{"."}); fast != c.fast {
				t.Errorf("loaded fast: %v, want %v", fast, c.fast)
			}
		})
	}
	for _, pattern := range []string{"./...", "example.com/shop", "fmt", "shop"} {
		if _, fast := load.Fast(t.Context(), dir, DefaultOutput, []string{pattern}); fast {
			t.Errorf("the pattern %s was loaded fast", pattern)
		}
	}
}
