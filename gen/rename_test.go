package gen

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// renameFiles are a program whose files end their lines as on Windows, one of them formatted.
var renameFiles = map[string]string{
	"go.mod":      "module example.com/shop\n\ngo 1.26.0\n",
	"visitor.go":  "package shop\n\ntype visitor struct {\n\t_ struct{} `session:\"\"`\n\n\tName string `session:\"\"` // who\n\tAge  int    `session:\"\"` // years\n}\n",
	"handlers.go": "package shop\n\n/*\nname is\n[Visitor.Name].\n*/\nfunc name(v *Visitor) string {\n\treturn v.Name() /* as\n\tVisitor.Name */\n}\n",
	"untidy.go":   "package shop\nfunc untidy( v *Visitor ) { v.SetName(`x\ny`) ; v.ClearName()  }\n",
}

// renameProgram writes the program, generates its code, and returns its folder.
func renameProgram(t *testing.T) (dir string) {
	t.Helper()
	checkout, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	dir = filepath.Join(work, "shop")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range renameFiles {
		if filepath.Ext(name) == ".go" {
			content = strings.ReplaceAll(content, "\n", "\r\n")
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(work, "go.work")
	if err := os.WriteFile(file, fmt.Appendf(nil, "go 1.26.0\n\nuse (\n\t./shop\n\t%s\n)\n", checkout), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOWORK", file)
	t.Setenv("GOFLAGS", "")
	files, err := Generate(t.Context(), Config{Dir: dir})
	if err == nil {
		_, err = Write(files)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func readIn(t *testing.T, dir, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// A file that was saved while the rename was computed is not overwritten, and then no other file
// is. Otherwise only names change, in what ends its lines in CRLF, too.
func TestRenameChangesNothingElse(t *testing.T) {
	dir := renameProgram(t)
	rename := func() []File {
		t.Helper()
		files, err := Rename(t.Context(), RenameConfig{Dir: dir, Schema: "visitor", Field: "Name", To: "FullName"})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	files := rename()
	saved := readIn(t, dir, "untidy.go") + "// saved\r\n"
	if err := os.WriteFile(filepath.Join(dir, "untidy.go"), []byte(saved), 0o644); err != nil {
		t.Fatal(err)
	}
	if written, err := Write(files); err == nil || !strings.Contains(err.Error(), "has changed since it was read") {
		t.Errorf("wrote %v over what was saved in the meantime: error %v", written, err)
	}
	if got := readIn(t, dir, "untidy.go"); got != saved {
		t.Errorf("what was saved in the meantime has become\n%s", got)
	}
	for _, name := range []string{"handlers.go", DefaultOutput, LockName} {
		if strings.Contains(readIn(t, dir, name), "FullName") || strings.Contains(readIn(t, dir, name), "full_name") {
			t.Errorf("%s was renamed in, although another file could not be", name)
		}
	}

	if _, err := Write(rename()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"visitor.go":  "package shop\n\ntype visitor struct {\n\t_ struct{} `session:\"\"`\n\n\tFullName string `session:\"was=name\"` // who\n\tAge      int    `session:\"\"`         // years\n}\n",
		"handlers.go": "package shop\n\n/*\nname is\n[Visitor.FullName].\n*/\nfunc name(v *Visitor) string {\n\treturn v.FullName() /* as\n\tVisitor.FullName */\n}\n",
		"untidy.go":   "package shop\nfunc untidy( v *Visitor ) { v.SetFullName(`x\ny`) ; v.ClearFullName()  }\n// saved\n",
	} {
		if got := readIn(t, dir, name); got != strings.ReplaceAll(want, "\n", "\r\n") {
			t.Errorf("%s has become\n%q", name, got)
		}
	}
}
