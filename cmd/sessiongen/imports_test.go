package main

import (
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	engine        = "runtime/engine"
	securecookie  = "github.com/gorilla/securecookie"
	jennifer      = "github.com/dave/jennifer/jen"
	toolsPackages = "golang.org/x/tools/go/packages"
)

// mayImport lists for each package of the root module what its code imports outside of the
// standard library: packages of this module by their paths within it. Tests may import more.
var mayImport = map[string][]string{
	"cmd/sessiongen": {
		"gen", "gen/migrate", "gen/vet", "runtime", "runtime/keyring", "runtime/record", "runtime/sealed",
		"github.com/rogpeppe/go-internal/diff",
		"golang.org/x/tools/go/analysis/checker", "golang.org/x/tools/go/analysis/unitchecker", toolsPackages,
	},

	"gen": {
		"gen/internal/emit", "gen/internal/inspect", "gen/internal/inventory", "gen/internal/load",
		"gen/internal/lock", "gen/internal/model", "gen/internal/parse", "gen/internal/proto", "gen/internal/rename",
	},
	"gen/internal/model": {"runtime/cookie", "runtime/wire"},
	"gen/internal/load": {
		"gen/internal/model",
		"golang.org/x/mod/modfile", "golang.org/x/mod/module", "golang.org/x/tools/go/gcexportdata", toolsPackages,
	},
	"gen/internal/load/loadtest": {"gen/internal/load", "gen/internal/model", toolsPackages},
	"gen/internal/parse":         {"gen/internal/load", "gen/internal/model", "runtime/cookie", "runtime/wire"},
	"gen/internal/emit":          {"gen/internal/model", "runtime/cookie", "runtime/wire", jennifer},
	"gen/internal/lock":          {"gen/internal/model", "runtime/cookie", "runtime/wire"},
	"gen/internal/inventory":     {"gen/internal/model", "runtime/cookie", "runtime/record"},
	"gen/internal/inspect":       {"gen/internal/model", "runtime", "runtime/record", "runtime/wire"},
	"gen/internal/proto":         {"gen/internal/model", "runtime/record", "runtime/wire"},
	"gen/internal/rename":        {"gen/internal/load", "gen/internal/model", "gen/internal/parse", toolsPackages},
	"gen/migrate":                {"gen", toolsPackages},
	"gen/vet":                    {"gen", "golang.org/x/tools/go/analysis"},

	"runtime/wire":    {},
	"runtime/cookie":  {"runtime/wire"},
	"runtime/keyring": {"runtime/cookie", "runtime/internal/scratch", securecookie},
	"runtime/legacy":  {"runtime/cookie", "runtime/keyring", securecookie},
	"runtime":         {"runtime/keyring", "runtime/legacy", "runtime/wire", securecookie},
	"runtime/record":  {"runtime", "runtime/cookie", "runtime/internal/scratch", "runtime/keyring", "runtime/wire"},
	engine: {
		"runtime", "runtime/cookie", "runtime/internal/aside", "runtime/internal/deadline", "runtime/internal/header",
		"runtime/internal/origin", "runtime/internal/queue", "runtime/internal/retry", "runtime/internal/scratch", "runtime/keyring", "runtime/legacy",
		"runtime/record", "runtime/wire", securecookie,
	},

	"runtime/memstore":             {"runtime", "runtime/internal/expiry"},
	"runtime/scsstore":             {"runtime", "runtime/internal/expiry"},
	"runtime/sealed":               {"runtime", "runtime/keyring"},
	"runtime/sqlstore":             {"runtime", "runtime/internal/expiry"},
	"runtime/debugpage":            {"runtime", "runtime/cookie", "runtime/eventhook", "runtime/internal/origin"},
	"runtime/eventhook":            {"runtime"},
	"runtime/sessiontest":          {"runtime", "runtime/internal/aside", "runtime/memstore"},
	"runtime/storetest":            {"runtime", "runtime/internal/expiry"},
	"runtime/storetest/testserver": {},
	"runtime/internal/aside":       {},
	"runtime/internal/deadline":    {},
	"runtime/internal/expiry":      {"runtime"},
	"runtime/internal/header":      {},
	"runtime/internal/origin":      {},
	"runtime/internal/queue":       {"runtime"},
	"runtime/internal/retry":       {"runtime"},
	"runtime/internal/scratch":     {},

	// Tests of the engine, and the site that they drive.
	"runtime/engine/asvs":  {},
	"runtime/engine/rules": {},
	"runtime/internal/testsite": {
		"runtime", "runtime/cookie", engine, "runtime/internal/shop", "runtime/keyring", "runtime/memstore", "runtime/record", "runtime/wire",
	},

	// Schemas for tests, with their generated code.
	"cmd/sessiongen/internal/shop":   generatedImports,
	"gen/internal/shop":              generatedImports,
	"runtime/internal/contest":       append([]string{"runtime/internal/contest/newer"}, generatedImports...),
	"runtime/internal/contest/newer": generatedImports,
	"runtime/internal/cookiesonly":   generatedImports,
	"runtime/internal/everykind":     generatedImports,
	"runtime/internal/kiosk":         generatedImports,
	"runtime/internal/release1":      generatedImports,
	"runtime/internal/release2":      generatedImports,
	"runtime/internal/shop":          generatedImports,
	"runtime/internal/stubborn":      generatedImports,
}

// generatedImports are what generated code imports.
var generatedImports = []string{"runtime", "runtime/cookie", engine, "runtime/wire"}

// isSchema reports whether a package is a schema for tests, which may import others.
func isSchema(pkg string) bool {
	imports := slices.DeleteFunc(slices.Clone(mayImport[pkg]), func(path string) bool { return strings.HasPrefix(path, pkg+"/") })
	return slices.Equal(imports, generatedImports)
}

// The packages of the root module depend on each other in one direction, and an import of
// another module does not come in unnoticed.
func TestImports(t *testing.T) {
	found := rootImports(t)
	wantSame(t, "the packages of the root module", slices.Collect(maps.Keys(found)), slices.Collect(maps.Keys(mayImport)))
	for pkg, imports := range found {
		wantSame(t, pkg+" and its imports", imports, mayImport[pkg])
	}
	for pkg, imports := range mayImport {
		if slices.Contains(imports, engine) && !isSchema(pkg) && pkg != "runtime/internal/testsite" {
			t.Errorf("%s may import %s, which is for generated code only", pkg, engine)
		}
	}
}

// A program that imports a package of the runtime builds what that package needs, and answers
// for it: no driver, client or logger.
func TestTheRuntimeNeedsOneOtherModule(t *testing.T) {
	for line := range strings.Lines(goList(t, "{{.ImportPath}}{{range .Deps}} {{.}}{{end}}", "./runtime/...")) {
		words := strings.Fields(line)
		for _, needed := range words[1:] {
			if external(needed) && !within(needed, rootModule) && needed != securecookie {
				t.Errorf("%s needs %s", words[0], needed)
			}
		}
	}
}

// rootImports are the imports of the root module's packages, as mayImport lists them.
func rootImports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for line := range strings.Lines(goList(t, "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", "./...")) {
		words := strings.Fields(line)
		pkg := strings.TrimPrefix(words[0], rootModule+"/")
		found[pkg] = []string{}
		for _, imported := range words[1:] {
			if external(imported) {
				found[pkg] = append(found[pkg], strings.TrimPrefix(imported, rootModule+"/"))
			}
		}
	}
	return found
}

func within(path, module string) bool {
	return path == module || strings.HasPrefix(path, module+"/")
}

// external reports whether a package is not one of the standard library, whose paths begin
// without a host.
func external(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".")
}

// goList runs go list at the root.
func goList(t *testing.T, format string, arguments ...string) string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-f", format}, arguments...)...)
	list.Dir = repository
	list.Env = append(os.Environ(), "GOFLAGS=") // -mod=mod is an error in a workspace
	output, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return string(output)
}

// The first sentence of a package's comment names its readers. Another one names the packages
// of this module that it imports, except for a schema, which imports what all generated code does,
// and for a package that has tests alone.
func TestPackagesSayWhomTheyAreFor(t *testing.T) {
	names := map[string]bool{} // of all packages
	for pkg := range mayImport {
		names[path.Base(pkg)] = true
	}
	for pkg, imports := range mayImport {
		text, empty := packageComment(t, pkg)
		start := "Package " + path.Base(pkg) + " is for "
		if pkg == "cmd/sessiongen" {
			start = "Sessiongen is for "
		}
		if !strings.HasPrefix(text, start) {
			t.Errorf("the comment of package %s does not begin with %q", pkg, start)
		}
		if isSchema(pkg) || empty {
			continue
		}
		var want []string
		for _, imported := range imports {
			if !external(imported) {
				want = append(want, path.Base(imported))
			}
		}
		sentence := importSentence.FindStringSubmatch(text)
		if sentence == nil {
			t.Errorf("the comment of package %s does not say what it imports", pkg)
			continue
		}
		var got []string
		for _, word := range wordOrPath.FindAllString(sentence[1], -1) {
			if name := path.Base(word); names[name] {
				got = append(got, name)
			}
		}
		wantSame(t, "the comment of package "+pkg+", on what it imports", got, want)
	}
}

var (
	importSentence = regexp.MustCompile(`(?s)\bimports\s(.*?)\.(\s|$)`)
	wordOrPath     = regexp.MustCompile(`[a-z0-9/']+`)
)

// packageComment is the only package comment of a package, and whether the package has no code but
// that of tests.
func packageComment(t *testing.T, pkg string) (text string, empty bool) {
	t.Helper()
	count := 0
	empty = true
	for _, file := range parsePackage(t, token.NewFileSet(), repository+"/"+pkg) {
		empty = empty && len(file.Decls) == 0
		if file.Doc != nil {
			text = file.Doc.Text()
			count++
		}
	}
	if count != 1 {
		t.Errorf("package %s has %d comments, want 1", pkg, count)
	}
	return text, empty
}
