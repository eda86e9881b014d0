package gen

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// workspaceFiles are a workspace with a module whose schema has a type of another module.
var workspaceFiles = map[string]string{
	"go.work":            "go 1.26.0\n\nuse (\n\t./shop\n\t./money\n)\n",
	"shop/go.mod":        "module example.com/shop\n\ngo 1.26.0\n",
	"shop/plain/shop.go": "package plain\n\ntype visitor struct {\n\t_ struct{} `session:\"\"`\n\n\tName string `session:\"\"`\n}\n",
	"shop/web/shop.go": "package web\n\nimport \"example.com/money\"\n\n" +
		"type visitor struct {\n\t_ struct{} `session:\"\"`\n\n\tTotal money.Amount `session:\"\"`\n}\n",
	"money/go.mod":   "module example.com/money\n\ngo 1.25.0\n",
	"money/money.go": "package money\n\ntype Amount int64\n",
}

// A workspace is loaded fast if nothing is unusual about it, and both ways agree in any case.
func TestWorkspaces(t *testing.T) {
	const plain, web = "shop/plain", "shop/web"
	for _, c := range []struct {
		name, folder, pattern string
		files                 map[string]string
		settings              map[string]string // $WORK stands for the workspace's folder
		fast, fails           bool
	}{
		{name: "plain types", folder: plain, fast: true},
		{name: "a type of the other module", folder: web, fast: true},
		{name: "from the workspace's folder", folder: ".", pattern: "./shop/web", fast: true},
		{name: "from the other module", folder: "money", pattern: "../shop/plain", fast: true},
		{name: "readonly", folder: web, settings: map[string]string{"GOFLAGS": "-mod=readonly"}, fast: true},
		{name: "another mode", folder: plain, settings: map[string]string{"GOFLAGS": "-mod=mod"}, fails: true},

		{name: "module not used", folder: plain, files: map[string]string{"go.work": "go 1.26.0\n\nuse ./money\n"}, fails: true},
		{name: "nothing used", folder: plain, files: map[string]string{"go.work": "go 1.26.0\n"}, fails: true},
		{name: "other module not used", folder: plain, files: map[string]string{"go.work": "go 1.26.0\n\nuse ./shop\n"}, fast: true},
		{name: "other module not used but needed", folder: web, files: map[string]string{"go.work": "go 1.26.0\n\nuse ./shop\n"}, fails: true},
		{name: "used twice", folder: plain, files: map[string]string{"go.work": "go 1.26.0\n\nuse ./shop\nuse shop\n"}, fails: true},
		{name: "used module not there", folder: plain, files: map[string]string{"go.work": "go 1.26.0\n\nuse ./shop\nuse ./nowhere\n"}, fails: true},
		{name: "two modules of one name", folder: plain, files: map[string]string{"money/go.mod": "module example.com/shop\n\ngo 1.26.0\n"}, fails: true},
		{name: "not a go.work", folder: plain, files: map[string]string{"go.work": "no\n"}, fails: true},

		{name: "GOWORK=off", folder: plain, settings: map[string]string{"GOWORK": "off"}, fast: true},
		{name: "GOWORK=off and a type of the other module", folder: web, settings: map[string]string{"GOWORK": "off"}, fails: true},
		{name: "GOWORK=off and another module", folder: "money", pattern: "../shop/plain", settings: map[string]string{"GOWORK": "off"}, fails: true},
		{name: "GOWORK=auto", folder: web, settings: map[string]string{"GOWORK": "auto"}, fast: true},
		{
			name: "GOWORK=file", folder: web, settings: map[string]string{"GOWORK": "$WORK/all.work"}, fast: true,
			files: map[string]string{"go.work": "go 1.26.0\n", "all.work": workspaceFiles["go.work"]},
		},
		{name: "GOWORK=file without the module", folder: plain, settings: map[string]string{"GOWORK": "$WORK/none.work"}, files: map[string]string{"none.work": "go 1.26.0\n"}, fails: true},
		{name: "GOWORK=file that is not there", folder: plain, settings: map[string]string{"GOWORK": "$WORK/nowhere.work"}, fails: true},
		{name: "GOWORK with a relative path", folder: plain, settings: map[string]string{"GOWORK": "go.work"}, fails: true},
		{
			name: "GOWORK in the settings", folder: "money", pattern: "../shop/plain", settings: map[string]string{"GOENV": "$WORK/env"}, fails: true,
			files: map[string]string{"env": "GOWORK=off\n"},
		},

		{name: "newer Go", folder: plain, files: map[string]string{"go.work": "go 1.99.0\n\nuse ./shop\n"}, fails: true},
		{name: "newer toolchain", folder: plain, files: map[string]string{"go.work": "go 1.26.0\n\ntoolchain go1.99.0\n\nuse ./shop\n"}},
		{name: "newer toolchain of the other module", folder: plain, files: map[string]string{"money/go.mod": workspaceFiles["money/go.mod"] + "\ntoolchain go1.99.0\n"}},
		{name: "older Go than a module's", folder: plain, files: map[string]string{"go.work": "go 1.25.0\n\nuse (\n\t./shop\n\t./money\n)\n"}, fails: true},
		{name: "no Go", folder: plain, files: map[string]string{"go.work": "use ./shop\n"}, fails: true},
		{name: "debugging", folder: plain, files: map[string]string{"go.work": "go 1.26.0\n\ngodebug panicnil=1\n\nuse ./shop\n"}},
		{
			name: "replaced in go.work", folder: web,
			files: map[string]string{
				"go.work":      "go 1.26.0\n\nuse ./shop\n\nreplace example.com/money => ./coins\n",
				"shop/go.mod":  "module example.com/shop\n\ngo 1.26.0\n\nrequire example.com/money v1.0.0\n",
				"coins/go.mod": "module example.com/money\n\ngo 1.26.0\n", "coins/money.go": "package money\n\ntype Amount string\n",
			},
		},
		{
			name: "replaced in a go.mod", folder: web, fast: true,
			files: map[string]string{
				"go.work":      "go 1.26.0\n\nuse ./shop\n",
				"shop/go.mod":  "module example.com/shop\n\ngo 1.26.0\n\nrequire example.com/money v1.0.0\n\nreplace example.com/money => ../coins\n",
				"coins/go.mod": "module example.com/money\n\ngo 1.26.0\n", "coins/money.go": "package money\n\ntype Amount string\n",
			},
		},
		{
			name: "replaced in two ways", folder: plain, fails: true,
			files: map[string]string{
				"shop/go.mod":  workspaceFiles["shop/go.mod"] + "\nreplace example.com/x => ../coins\n",
				"money/go.mod": workspaceFiles["money/go.mod"] + "\nreplace example.com/x => ../money\n",
				"coins/go.mod": "module example.com/x\n\ngo 1.26.0\n",
			},
		},
		{
			name: "replaced twice in one way", folder: plain, fast: true,
			files: map[string]string{
				"shop/go.mod":  workspaceFiles["shop/go.mod"] + "\nreplace example.com/x => ../coins\n",
				"money/go.mod": workspaceFiles["money/go.mod"] + "\nreplace example.com/x => ./../coins\n",
				"coins/go.mod": "module example.com/x\n\ngo 1.26.0\n",
			},
		},
		{name: "vendored", folder: plain, files: map[string]string{"vendor/modules.txt": "## workspace\n# example.com/other v1.0.0\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			work := writeWorkspace(t, c.files)
			for _, name := range []string{"GOWORK", "GOFLAGS"} {
				t.Setenv(name, "")
			}
			t.Setenv("GOENV", "off")
			t.Setenv("GOTOOLCHAIN", "local")
			for name, value := range c.settings {
				t.Setenv(name, strings.ReplaceAll(value, "$WORK", work))
			}
			config := Config{Dir: filepath.Join(work, filepath.FromSlash(c.folder)), Patterns: []string{cmp.Or(c.pattern, ".")}, Output: DefaultOutput}
			if fast := readFast(t.Context(), config.Dir, config) != nil; fast != c.fast {
				t.Errorf("loaded fast: %v, want %v", fast, c.fast)
			}
			quick := generatedBy(t, config)
			config.thorough = true
			thorough := generatedBy(t, config)
			if quick != thorough {
				t.Errorf("loaded fast, it is another one\n%s", firstDifference([]byte(thorough), []byte(quick)))
			}
			if fails := strings.HasPrefix(thorough, "error:"); fails != c.fails {
				t.Errorf("fails: %v, want %v\n%s", fails, c.fails, thorough)
			}
		})
	}
}

// writeWorkspace writes workspaceFiles, and others in their place or beside them.
func writeWorkspace(t *testing.T, others map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files := maps.Clone(workspaceFiles)
	maps.Copy(files, others)
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func generatedBy(t *testing.T, config Config) string {
	t.Helper()
	files, err := Generate(t.Context(), config)
	if err != nil {
		return "error: " + err.Error()
	}
	var all strings.Builder
	for _, f := range files {
		fmt.Fprintf(&all, "-- %s --\n%s", f.Path, f.Content)
	}
	return all.String()
}
