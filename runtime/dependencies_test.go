package runtime_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	module        = "github.com/sessiongen/sessiongen"
	gorillaCookie = "github.com/gorilla/securecookie"
)

// allowed is what each package under runtime may import: of runtime's own packages by their
// names, "." being runtime itself, and other modules whole. Tests may need more. The order is
// that of the layers: a package imports only what stands above it.
var allowed = map[string][]string{
	"wire":              {},
	"cookie":            {"wire"},
	"internal/scratch":  {},
	"internal/aside":    {},
	"keyring":           {"cookie", "internal/scratch", gorillaCookie},
	".":                 {"keyring", "wire", gorillaCookie},
	"record":            {".", "keyring", "internal/scratch", "wire"},
	"legacy":            {".", "cookie", "keyring", gorillaCookie},
	"internal/deadline": {},
	"internal/header":   {},
	"internal/queue":    {"."},
	"internal/retry":    {"."},
	"internal/expiry":   {"."},
	"engine":            {".", "cookie", "internal/aside", "internal/deadline", "internal/header", "internal/queue", "internal/retry", "internal/scratch", "keyring", "record", "wire", gorillaCookie},
	"engine/rules":      {},
	"engine/asvs":       {},
	"memstore":          {".", "internal/expiry"},
	"sqlstore":          {".", "internal/expiry"},
	"scsstore":          {".", "internal/expiry"},
	"sealed":            {".", "keyring"},
	"storetest":         {"."},
	"sessiontest":       {".", "internal/aside", "memstore"},
	"debugpage":         {".", "cookie"},
}

// generated are the packages that tests are made with: they may import all of runtime.
var generated = []string{
	"internal/contest", "internal/cookiesonly", "internal/everykind", "internal/kiosk", "internal/release1", "internal/release2",
	"internal/shop", "internal/testsite", "storetest/testserver",
}

// Who imports a package builds what it needs, and answers for it: a driver, a
// client or a logger does not come in unnoticed. And dependencies run one way.
func TestDependencies(t *testing.T) {
	const form = "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}"
	output, err := exec.CommandContext(t.Context(), "go", "list", "-f", form, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	found := map[string]bool{}
	for line := range strings.Lines(string(output)) {
		words := strings.Fields(line)
		name := nameOf(words[0])
		found[name] = true
		may, known := allowed[name]
		if !known {
			if !slices.Contains(generated, name) {
				t.Errorf("%s is a new package: say in this test what it may import", words[0])
			}
			continue
		}
		used := map[string]bool{}
		for _, needed := range words[1:] {
			switch own := nameOf(needed); {
			case standard(needed):
			case slices.Contains(may, own):
				used[own] = true
			default:
				t.Errorf("%s imports %s, which it may not", words[0], needed)
			}
		}
		for _, unused := range may {
			if !used[unused] {
				t.Errorf("%s may import %s and does not: take that away", words[0], unused)
			}
		}
	}
	for name := range allowed {
		if !found[name] {
			t.Errorf("there is no package %s any more", name)
		}
	}
}

// nameOf is a package's path below runtime, or its whole path.
func nameOf(path string) string {
	if path == module+"/runtime" {
		return "."
	}
	return strings.TrimPrefix(path, module+"/runtime/")
}

// standard says that a package is the standard library's, whose paths begin
// without a host.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
