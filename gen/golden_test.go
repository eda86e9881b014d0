package gen

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/gen/internal/lock"
)

var update = flag.Bool("update", false, "write golden files, each after its program compiled, ran and printed what was expected")

const goldenDir = "testdata/golden"

// A golden case is a directory below testdata/golden: a command whose main
// package has schemas, the session_gen.go that is wanted for it, and output.txt,
// which its program must print. Every test run compiles and runs what the
// generator writes now, put over the committed file.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases := goldenCases(t)
	generated := generateGolden(t)
	bin := buildGolden(t, generated)
	for _, name := range cases {
		t.Run(name, func(t *testing.T) {
			runGolden(t, filepath.Join(bin, name), filepath.Join(goldenDir, name, "output.txt"))
			compareGolden(t, filepath.Join(goldenDir, name, DefaultOutput), generated)
			compareGolden(t, filepath.Join(goldenDir, name, lock.Name), generated)
		})
	}
}

// TestCommittedShop: the runtime's tests run on code that is committed.
func TestCommittedShop(t *testing.T) {
	files, err := Generate(t.Context(), Config{Dir: "../runtime/internal/shop"})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if _, err := Write(files); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		committed, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(committed, f.Content) {
			t.Errorf("%s is not what the generator writes now: go test ./gen -update\n%s", f.Path, firstDifference(committed, f.Content))
		}
	}
}

// goldenCases are the directories that have an expected output.
func goldenCases(t *testing.T) []string {
	t.Helper()
	outputs, err := filepath.Glob(filepath.Join(goldenDir, "*", "output.txt"))
	if err != nil || len(outputs) == 0 {
		t.Fatalf("no golden cases in %s (%v)", goldenDir, err)
	}
	var names []string
	for _, output := range outputs {
		names = append(names, filepath.Base(filepath.Dir(output)))
	}
	return names
}

// generateGolden runs the generator on all cases at once and returns what it
// writes, by path.
func generateGolden(t *testing.T) map[string][]byte {
	t.Helper()
	if *update {
		removeLocks(t) // no session was ever kept by a golden program
	}
	files, err := Generate(t.Context(), Config{Dir: goldenDir, Patterns: []string{"./..."}})
	if err != nil {
		t.Fatal(err)
	}
	generated := map[string][]byte{}
	for _, f := range files {
		generated[f.Path] = f.Content
	}
	return generated
}

func removeLocks(t *testing.T) {
	t.Helper()
	locks, err := filepath.Glob(filepath.Join(goldenDir, "*", lock.Name))
	if err != nil {
		t.Fatal(err)
	}
	for _, lock := range locks {
		if err := os.Remove(lock); err != nil {
			t.Fatal(err)
		}
	}
}

// buildGolden compiles and vets all cases, with what was generated over what is
// committed, and returns the directory with their programs.
func buildGolden(t *testing.T, generated map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for path, content := range generated {
		if filepath.Base(path) == lock.Name {
			continue
		}
		file := filepath.Join(dir, filepath.Base(filepath.Dir(path))+".go")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		replace[path] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlayFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "bin") + string(filepath.Separator)
	// Without debugging information, programs are linked in half the time.
	goCommand(t, "build", "-ldflags", "-s -w", "-overlay", overlayFile, "-o", bin, "./...")
	goCommand(t, "vet", "-overlay", overlayFile, "./...")
	return bin
}

func goCommand(t *testing.T, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = goldenDir
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func runGolden(t *testing.T, program, output string) {
	t.Helper()
	want, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	var failure bytes.Buffer
	command := exec.CommandContext(t.Context(), program)
	command.Stderr = &failure
	got, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, got, &failure)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("the program printed\n%s\n%s", got, firstDifference(want, got))
	}
}

func compareGolden(t *testing.T, path string, generated map[string][]byte) {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	content, found := generated[path]
	if !found && filepath.Base(path) == lock.Name {
		return // only cookies: there is no lock
	}
	if *update {
		if _, err := Write([]File{{Path: path, Content: content}}); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, content) {
		t.Errorf("%s is not what the generator writes now: see what changed, then go test ./gen -update\n%s",
			path, firstDifference(committed, content))
	}
}

// firstDifference shows where two texts begin to differ.
func firstDifference(want, got []byte) string {
	wants, gots := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range max(len(wants), len(gots)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(end)"
		}
		if line(wants) != line(gots) {
			return "line " + strconv.Itoa(i+1) + " differs:\n  want: " + line(wants) + "\n  got:  " + line(gots)
		}
	}
	return "no difference"
}
