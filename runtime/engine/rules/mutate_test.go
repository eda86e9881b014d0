package rules

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// withoutRule is the environment variable that says which rule is taken out: the
// number of a mutant, counted from 1.
const withoutRule = "SESSIONGEN_TEST_WITHOUT_RULE"

// writeMutants writes copies of the sources in which every rule can be taken out, and
// returns the file that tells the go command to read those in their place. Each function
// that a mutant changes is there a second time, changed, and the first one calls it when
// the environment asks for that mutant: so all of them cost one build.
func writeMutants(t *testing.T, folder string) (overlay string) {
	t.Helper()
	replace := map[string]string{}
	write := func(file, text string) {
		original, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		replace[original] = filepath.Join(folder, strconv.Itoa(len(replace))+"_"+filepath.Base(file))
		if err := os.WriteFile(replace[original], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sources := readSources(t)
	switched := map[string]bool{} // the folders that need to know which rule is taken out
	for file, edits := range placesOfEdits(t, sources) {
		write(file, mutate(t, file, sources[file], edits))
		if folder := filepath.Dir(file); !switched[folder] {
			switched[folder] = true
			write(filepath.Join(folder, "withoutarule.go"), fmt.Sprintf(`package %s

import (
	"os"
	"strconv"
)

var withoutRule, _ = strconv.Atoi(os.Getenv(%q))
`, packageOf(t, file, sources[file]), withoutRule))
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay = filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}

// packageOf is the name in a file's package clause.
func packageOf(t *testing.T, file, source string) string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Name.Name
}

// mutated are the folders of the packages that the rules may stand in.
var mutated = []string{
	"..", "../../record", "../../wire", "../../internal/deadline", "../../internal/header", "../../internal/queue", "../../internal/retry",
}

// readSources reads their files.
func readSources(t *testing.T) map[string]string {
	t.Helper()
	sources := map[string]string{}
	for _, folder := range mutated {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources[file] = string(source)
		}
	}
	return sources
}

// placesOfEdits finds the file of each edit.
func placesOfEdits(t *testing.T, sources map[string]string) map[string][]edit {
	t.Helper()
	places := map[string][]edit{}
	for _, m := range mutants {
		for _, e := range m.edits {
			var found []string
			for file, source := range sources {
				for range strings.Count(source, e.old) {
					found = append(found, file)
				}
			}
			if len(found) != 1 {
				t.Errorf("%s: the sources have this text %d times, not once: %q %v", m.rule, len(found), e.old, found)
				continue
			}
			places[found[0]] = append(places[found[0]], e)
		}
	}
	return places
}

// mutate adds the mutants of one file to its source.
func mutate(t *testing.T, file, source string, edits []edit) string {
	t.Helper()
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	offset := func(p token.Pos) int { return positions.Position(p).Offset }
	mutated := strings.Builder{}
	inOneFunction := map[edit]bool{}
	done := 0
	for _, declaration := range parsed.Decls {
		f, isFunction := declaration.(*ast.FuncDecl)
		if !isFunction {
			continue
		}
		start, body, end := offset(f.Pos()), offset(f.Body.Lbrace)+1, offset(f.End())
		switches, copies := "", ""
		for n, m := range mutants {
			text := source[start:end]
			for _, e := range m.edits {
				if slices.Contains(edits, e) && strings.Contains(text, e.old) {
					text = strings.Replace(text, e.old, e.new, 1)
					inOneFunction[e] = true
				}
			}
			if text == source[start:end] {
				continue
			}
			name := fmt.Sprintf("%sWithout%d", f.Name.Name, n+1)
			at := offset(f.Name.Pos()) - start
			copies += "\n\n" + text[:at] + name + text[at+len(f.Name.Name):]
			switches += fmt.Sprintf("\nif withoutRule == %d {\n%s\n}", n+1, callOf(t, f, name))
		}
		mutated.WriteString(source[done:body] + switches + source[body:end] + copies)
		done = end
	}
	mutated.WriteString(source[done:])
	for _, e := range edits {
		if !inOneFunction[e] {
			t.Errorf("%s has this text not in one function: %q", file, e.old)
		}
	}
	return mutated.String()
}

// callOf hands a function's call on to another one.
func callOf(t *testing.T, f *ast.FuncDecl, name string) string {
	t.Helper()
	var arguments []string
	for _, parameters := range f.Type.Params.List {
		for _, parameter := range parameters.Names {
			arguments = append(arguments, parameter.Name)
			if _, variadic := parameters.Type.(*ast.Ellipsis); variadic {
				arguments[len(arguments)-1] += "..."
			}
		}
	}
	call := name + "(" + strings.Join(arguments, ", ") + ")"
	if f.Recv != nil {
		if len(f.Recv.List[0].Names) == 0 {
			t.Fatalf("the receiver of %s has no name to call a mutant by", f.Name.Name)
		}
		call = f.Recv.List[0].Names[0].Name + "." + call
	}
	if slices.Contains(arguments, "_") {
		t.Fatalf("a parameter of %s has no name to call a mutant with", f.Name.Name)
	}
	if f.Type.Results == nil {
		return call + "\nreturn"
	}
	return "return " + call
}
