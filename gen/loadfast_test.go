package gen

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/sessiongen/sessiongen/gen/internal/inventory"
	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/lock"
	"github.com/sessiongen/sessiongen/gen/internal/model"
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

// long asks for tests at full size: see the README.
var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

// said is everything that comes of packages that were read.
func said(packages []*model.Package, errs Errors) string {
	var all strings.Builder
	fmt.Fprintln(&all, "errors:", errs)
	sound, locks, errs := lock.Check(packages, nil, nil)
	fmt.Fprintln(&all, "errors in the lock:", errs)
	files, errs, err := emitAll(sound, locks, DefaultOutput)
	fmt.Fprintln(&all, "errors in the code:", errs, err)
	for _, f := range files {
		fmt.Fprintf(&all, "-- %s --\n%s", f.Path, f.Content)
	}
	render, err := inventory.Format("json", "")
	if err != nil {
		panic(err)
	}
	text, err := render(inventory.Of(packages, inventory.Options{}))
	fmt.Fprintf(&all, "-- doc --\n%s%v\n", text, err)
	return all.String()
}

// sameAllAtOnce compares what comes of folders that are loaded fast, each by itself, with
// what comes of them when the go command is asked about all at once, which is why it takes
// little time: those that are not loaded fast are loaded in no other way anyway. It returns
// how many were.
func sameAllAtOnce(t *testing.T, folders []string) (fast int) {
	t.Helper()
	byModule := map[string][]string{}
	for _, folder := range folders {
		module := moduleOf(folder)
		byModule[module] = append(byModule[module], folder)
	}
	for _, module := range slices.Sorted(maps.Keys(byModule)) {
		fast += sameInModule(t, module, byModule[module])
	}
	return fast
}

// sameInModule is sameAllAtOnce for folders of one module.
func sameInModule(t *testing.T, root string, folders []string) (fast int) {
	t.Helper()
	var patterns []string
	for _, folder := range folders {
		inside, err := filepath.Rel(root, folder)
		if err != nil {
			t.Fatal(err)
		}
		patterns = append(patterns, "./"+filepath.ToSlash(inside))
	}
	sources, errs := load.Packages(t.Context(), root, DefaultOutput, patterns)
	byFolder := map[string]*load.Source{}
	for _, src := range sources {
		byFolder[src.Dir] = src
	}
	for _, folder := range folders {
		config := Config{Dir: folder, Output: DefaultOutput, Patterns: []string{"."}}
		quick := readFast(t.Context(), folder, config)
		if quick == nil {
			continue
		}
		fast++
		src := byFolder[folder]
		if src == nil {
			t.Errorf("%s is loaded fast, and cannot be loaded otherwise: %v", folder, errs)
			continue
		}
		thorough, errs := parseAll([]*load.Source{src}, nil, config)
		if got, want := said(quick, nil), said(thorough, errs); got != want {
			t.Errorf("%s: loaded fast, it is another one\n%s", folder, firstDifference([]byte(want), []byte(got)))
		}
	}
	return fast
}

// sameOneByOne does the same as sessiongen does it, with what is not loaded fast.
func sameOneByOne(t *testing.T, folders []string) (fast int) {
	t.Helper()
	for _, folder := range folders {
		if sameBothWays(t, folder) {
			fast++
		}
	}
	return fast
}

// moduleOf is the folder of the go.mod above a folder.
func moduleOf(folder string) string {
	for dir := folder; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
	}
}

func TestBothWaysOfLoadingAgree(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, dir := range []string{"example", "runtime/internal", "gen/testdata"} {
		folders = append(folders, schemaFolders(t, filepath.Join(root, dir))...)
	}
	folders = append(folders, filepath.Join(root, "gen"), filepath.Join(root, "runtime"))
	fast := sameAllAtOnce(t, folders)
	if long {
		fast = min(fast, sameOneByOne(t, folders))
	}
	t.Logf("%d of %d folders were loaded fast", fast, len(folders))
	if fast < 20 {
		t.Errorf("only %d folders were loaded fast", fast)
	}
}

// The scripts of the command have packages in every bad state that there is. Each is a folder
// of one module here, but for those that bring a go.mod; with SESSIONGEN_TEST_LONG each is a
// module of its own, too.
func TestBothWaysOfLoadingAgreeOnScripts(t *testing.T) {
	scripts, err := filepath.Glob("../cmd/sessiongen/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	loading, err := filepath.Glob("testdata/loading/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	unsafe, err := filepath.Glob("internal/parse/testdata/unsafe/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) == 0 || len(loading) == 0 || len(unsafe) == 0 {
		t.Fatalf("%d scripts of the command, %d of loading, and %d of what is unsafe: this test looks in the wrong place", len(scripts), len(loading), len(unsafe))
	}
	t.Setenv("GOFLAGS", "-mod=mod") // a script may import what this module does not
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOWORK", "off")
	dir := t.TempDir()
	writeModule(t, dir, nil)
	var folders []string
	for _, script := range slices.Concat(scripts, loading, unsafe) {
		archive, err := txtar.ParseFile(script)
		if err != nil {
			t.Fatal(err)
		}
		hasModule := slices.ContainsFunc(archive.Files, func(f txtar.File) bool { return filepath.Base(f.Name) == "go.mod" })
		if long || hasModule {
			own := t.TempDir()
			writeModule(t, own, archive.Files)
			if long {
				sameOneByOne(t, schemaFolders(t, own))
			}
			if hasModule {
				folders = append(folders, schemaFolders(t, own)...)
				continue
			}
		}
		name := strings.TrimSuffix(filepath.Base(script), ".txtar")
		for i := range archive.Files {
			if f := &archive.Files[i]; strings.HasSuffix(f.Name, ".go") {
				f.Data = bytes.ReplaceAll(f.Data, []byte(`"example.com/shop/`), []byte(`"example.com/shop/`+name+"/"))
			}
		}
		writeFiles(t, filepath.Join(dir, name), archive.Files)
		folders = append(folders, schemaFolders(t, filepath.Join(dir, name))...)
	}
	fast, all := sameAllAtOnce(t, folders), len(folders)
	t.Logf("%d of %d packages in scripts were loaded fast", fast, all)
	if fast < 20 || fast == all {
		t.Errorf("%d of %d packages in scripts were loaded fast", fast, all)
	}
}

// writeModule writes a module that uses this one.
func writeModule(t *testing.T, dir string, files []txtar.File) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	module := "module example.com/shop\n\ngo 1.26.0\n\nrequire github.com/sessiongen/sessiongen v0.0.0\n\nreplace github.com/sessiongen/sessiongen => " + root + "\n"
	writeFiles(t, dir, append([]txtar.File{{Name: "go.mod", Data: []byte(module)}, {Name: "go.sum", Data: sums}}, files...))
}

func writeFiles(t *testing.T, dir string, files []txtar.File) {
	t.Helper()
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
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
