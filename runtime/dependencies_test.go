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

// allowed is what each package under runtime may need besides the standard library
// and this module, when a program imports it: whole modules. A test may need more.
var allowed = map[string][]string{
	"":                      {gorillaCookie},
	"/debugpage":            {gorillaCookie},
	"/internal/aside":       {},
	"/internal/contest":     {gorillaCookie},
	"/internal/everykind":   {gorillaCookie},
	"/internal/expiry":      {gorillaCookie},
	"/internal/cookiesonly": {gorillaCookie},
	"/internal/kiosk":       {gorillaCookie},
	"/internal/release1":    {gorillaCookie},
	"/internal/release2":    {gorillaCookie},
	"/internal/shop":        {gorillaCookie},
	"/memstore":             {gorillaCookie},
	"/scsstore":             {gorillaCookie},
	"/sealed":               {gorillaCookie},
	"/sessiontest":          {gorillaCookie},
	"/sqlstore":             {gorillaCookie},
	"/storetest":            {gorillaCookie},
	"/storetest/testserver": {},
}

// Who imports a package builds what it needs, and answers for it: a driver, a
// client or a logger does not come in unnoticed.
func TestDependencies(t *testing.T) {
	const form = "{{.ImportPath}}{{range .Deps}} {{.}}{{end}}"
	output, err := exec.CommandContext(t.Context(), "go", "list", "-f", form, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(output)) {
		words := strings.Fields(line)
		name := strings.TrimPrefix(words[0], module+"/runtime")
		modules, known := allowed[name]
		if !known {
			t.Errorf("%s is a new package: say in this test what it may need", words[0])
			continue
		}
		for _, needed := range words[1:] {
			if standard(needed) || within(needed, module) {
				continue
			}
			if !slices.ContainsFunc(modules, func(m string) bool { return within(needed, m) }) {
				t.Errorf("%s needs %s, which it is not allowed to", words[0], needed)
			}
		}
	}
}

func within(path, module string) bool {
	return path == module || strings.HasPrefix(path, module+"/")
}

// standard says that a package is the standard library's, whose paths begin
// without a host.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
