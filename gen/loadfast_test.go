package gen

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/txtar"
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
func said(packages []*Package, errs Errors, dir string) string {
	var all strings.Builder
	fmt.Fprintln(&all, "errors:", errs)
	locks, errs := lockAll(packages, nil)
	fmt.Fprintln(&all, "errors in the lock:", errs)
	files, err := emitAll(packages, dir, DefaultOutput)
	fmt.Fprintln(&all, "errors in the code:", err)
	for _, f := range slices.Concat(files, locks) {
		fmt.Fprintf(&all, "-- %s --\n%s", f.Path, f.Content)
	}
	text, err := jsonDoc(inventory(packages, DocConfig{}))
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
		module, _ := folderAbove(folder, "go.mod")
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
	sources, errs := load(t.Context(), root, DefaultOutput, patterns)
	byFolder := map[string]*source{}
	for _, src := range sources {
		byFolder[src.dir] = src
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
		thorough, errs := parseAll([]*source{src}, config)
		if got, want := said(quick, nil, folder), said(thorough, errs, folder); got != want {
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
	more, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-mod=mod") // a script may import what this module does not
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOWORK", "off")
	dir := t.TempDir()
	writeModule(t, dir, nil)
	var folders []string
	for _, script := range slices.Concat(scripts, more) {
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

// What is described here is what the standard library has.
func TestDescriptions(t *testing.T) {
	for importPath, d := range descriptions {
		real, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes}, importPath)
		if err != nil {
			t.Fatal(err)
		}
		pkg := described(token.NewFileSet(), importPath)
		if pkg == nil {
			t.Fatalf("the description of %s is not right", importPath)
		}
		describedScope, realScope := pkg.Scope(), real[0].Types.Scope()
		var about []types.Type
		for _, name := range d.names {
			one, other := describedScope.Lookup(name).Type(), realScope.Lookup(name).Type()
			about = append(about, other)
			if a, b := one.Underlying().String(), other.Underlying().String(); a != b {
				t.Errorf("%s.%s is %s, and described as %s", importPath, name, b, a)
			}
			for _, of := range []func(types.Type) types.Type{func(t types.Type) types.Type { return t }, func(t types.Type) types.Type { return types.NewPointer(t) }} {
				if a, b := methodsOf(of(one)), methodsOf(of(other)); !slices.Equal(a, b) {
					t.Errorf("%s.%s has the methods\n%s\nand described are\n%s", importPath, name, strings.Join(b, "\n"), strings.Join(a, "\n"))
				}
			}
			if types.Comparable(one) != types.Comparable(other) {
				t.Errorf("%s.%s can be compared: %v", importPath, name, types.Comparable(other))
			}
		}
		for _, name := range realScope.Names() {
			constant, ok := realScope.Lookup(name).(*types.Const)
			if !ok || !constant.Exported() || !slices.ContainsFunc(about, func(t types.Type) bool { return types.Identical(t, constant.Type()) }) {
				continue
			}
			described, _ := describedScope.Lookup(name).(*types.Const)
			if described == nil || described.Val().ExactString() != constant.Val().ExactString() || described.Type().String() != constant.Type().String() {
				t.Errorf("%s.%s is %v, and described as %v", importPath, name, constant, described)
			}
		}
	}
}

func methodsOf(t types.Type) (methods []string) {
	set := types.NewMethodSet(t)
	for i := range set.Len() {
		if method := set.At(i).Obj(); method.Exported() {
			methods = append(methods, method.Name()+strings.TrimPrefix(types.TypeString(signature(method), nil), "func"))
		}
	}
	return methods
}

// signature is a method's without the names of its parameters.
func signature(method types.Object) types.Type {
	s := method.Type().(*types.Signature)
	without := func(tuple *types.Tuple) *types.Tuple {
		var vars []*types.Var
		for v := range tuple.Variables() {
			vars = append(vars, types.NewParam(token.NoPos, nil, "", v.Type()))
		}
		return types.NewTuple(vars...)
	}
	return types.NewSignatureType(nil, nil, nil, without(s.Params()), without(s.Results()), s.Variadic())
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

// Only what a schema is made of is asked for.
func TestNeeds(t *testing.T) {
	fset := token.NewFileSet()
	file, err := parseWithoutBodies(fset, "shop.go", []byte(`package shop

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	big "math/big"
	"example.com/units"
	"gopkg.in/yaml.v3"
)

type visitor struct {
	_ struct{} `+"`session:\"\"`"+`

	From netip.Addr `+"`session:\"\"`"+`
	Sum  Sum        `+"`session:\"\"`"+`
	Node Node       `+"`session:\"\"`"+`
}

type Sum struct{ Amount big.Int; Units [units.Count]Unit }

type Unit int

const First Unit = Unit(time.Second)

type Node yaml.Node

func (Node) MarshalText() (b []byte, err error) { http.NotFound(nil, nil); return }

func home(ctx context.Context, w http.ResponseWriter) {}

const unused = http.StatusOK
`))
	if err != nil {
		t.Fatal(err)
	}
	got, found := needsOf([]*ast.File{file})
	want := "map[example.com/units:map[Count:true] gopkg.in/yaml.v3:map[Node:true] math/big:map[Int:true] net/netip:map[Addr:true] time:map[Second:true]]"
	if !found || fmt.Sprint(got) != want {
		t.Errorf("needed are\n%v, want\n%s", got, want)
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
			if _, fast := loadFast(t.Context(), dir, DefaultOutput, []string{"."}); fast != c.fast {
				t.Errorf("loaded fast: %v, want %v", fast, c.fast)
			}
		})
	}
	for _, pattern := range []string{"./...", "example.com/shop", "fmt", "shop"} {
		if _, fast := loadFast(t.Context(), dir, DefaultOutput, []string{pattern}); fast {
			t.Errorf("the pattern %s was loaded fast", pattern)
		}
	}
}
