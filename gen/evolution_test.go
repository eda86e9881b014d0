package gen

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/gen/testdata/evolution/pipe"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

const evolutionDir = "testdata/evolution"

// evolution is a store, and the programs that share it.
type evolution struct {
	t     *testing.T
	store runtime.Store
	bin   string
}

// Programs of different versions and purposes share a store while they are
// replaced by each other, and no session loses anything.
func TestEvolution(t *testing.T) {
	t.Parallel()
	bin := buildEvolution(t)
	start := func(t *testing.T) *evolution {
		store := memstore.New()
		t.Cleanup(func() { store.Close() })
		return &evolution{t, store, bin}
	}
	writes := 5000
	if testing.Short() {
		writes = 500
	}
	t.Run("versions", func(t *testing.T) { start(t).versions(writes) })
	t.Run("applications", func(t *testing.T) { start(t).applications(writes / 5) })
}

// versions lets the old version and the new one write by turns, then only the old
// one, as after a rollback, and then the new one again.
func (e *evolution) versions(writes int) {
	const sessions = 8
	cookies := e.run("before", "create", sessions, nil).Cookies
	seen := e.together([]string{"before", "after"}, writes, cookies)
	e.events("before", seen["before"], "conflict")
	e.events("after", seen["after"], "conflict", "field reset mood", "dropped mood")
	if seen["after"].Events["field reset mood"] == 0 || seen["after"].Events["dropped mood"] == 0 {
		e.t.Error("no event tells of a mood that can no longer be read and of its dropped changes")
	}

	look := func(program string, byBefore, byAfter int, allowed ...string) (names []string) {
		e.t.Helper()
		report := e.run(program, "look", 1, cookies)
		if len(report.Values) != sessions {
			e.t.Fatalf("%d sessions are left", len(report.Values))
		}
		e.events(program, report, allowed...)
		equal(e.t, e.total(report, "visits"), byBefore+byAfter, program+": visits")
		equal(e.t, e.total(report, "count"), byBefore+byAfter, program+": count")
		e.all(report, "user_id", "7")
		e.all(report, "name", "Ann")
		e.all(report, "sku", "pear")
		e.all(report, "notes", "10")
		e.all(report, "username", "ann of old", "ann anew")
		for _, values := range report.Values {
			names = append(names, values["username"])
		}
		if program == "before" {
			equal(e.t, e.total(report, "old"), byBefore, "old")
			e.all(report, "mood", "happy")
			e.all(report, "removed", "1")
			return names
		}
		equal(e.t, e.total(report, "new"), byAfter, "new")
		e.all(report, "tags", "3")
		e.all(report, "city", "Oslo")
		e.all(report, "color", "green")
		e.all(report, "mood", "0")
		e.all(report, "erased", "nothing")
		return names
	}
	ours, theirs := look("after", writes, writes, "field reset mood"), look("before", writes, writes)
	if !slices.Equal(ours, theirs) {
		e.t.Errorf("the renamed field is %q for the new version, and %q for the old", ours, theirs)
	}

	rolledBack := e.run("before", "work", writes/5, cookies)
	e.events("before, rolled back", rolledBack)
	look("before", writes+writes/5, writes)
	look("after", writes+writes/5, writes, "field reset mood")
}

// applications lets two applications with different schemas write to the same
// sessions.
func (e *evolution) applications(writes int) {
	cookies := e.run("before", "create", 4, nil).Cookies
	for program, report := range e.together([]string{"before", "other"}, writes, cookies) {
		e.events(program, report, "conflict")
	}
	shop := e.run("before", "look", 1, cookies)
	e.events("before", shop)
	equal(e.t, e.total(shop, "visits"), writes, "visits")
	e.all(shop, "mood", "happy")
	e.all(shop, "name", "Ann")
	blog := e.run("other", "look", 1, cookies)
	e.events("other", blog)
	equal(e.t, e.total(blog, "read"), writes, "read")
	e.all(blog, "user_id", "7")
	e.all(blog, "articles", "5")
	e.all(blog, "address", "2001:db8::1")
	e.all(blog, "drafts", "map[today:[first second]]")
}

func equal[T comparable](t *testing.T, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// buildEvolution generates the programs' code, compiles them, and returns the
// directory that they are in.
func buildEvolution(t *testing.T) string {
	t.Helper()
	files, err := Generate(t.Context(), Config{Dir: evolutionDir, Patterns: []string{"./..."}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replace := map[string]string{}
	for i, f := range files {
		if filepath.Ext(f.Path) == ".go" {
			replace[f.Path] = filepath.Join(dir, strconv.Itoa(i)+".go")
			if err := os.WriteFile(replace[f.Path], f.Content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
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
	command := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w", "-overlay", overlayFile, "-o", bin, "./...")
	command.Dir = evolutionDir
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// run runs a program, which does something to the sessions of some cookies, and
// returns what it has seen.
func (e *evolution) run(program, what string, count int, cookies []string) pipe.Report {
	report, err := e.start(program, append([]string{what, strconv.Itoa(count)}, cookies...))
	if err != nil {
		e.t.Errorf("%s: %v", program, err)
	}
	return report
}

func (e *evolution) start(program string, args []string) (report pipe.Report, err error) {
	command := exec.CommandContext(e.t.Context(), filepath.Join(e.bin, program), args...)
	var failure bytes.Buffer
	command.Stderr = &failure
	in, err := command.StdinPipe()
	if err != nil {
		return report, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return report, err
	}
	if err := command.Start(); err != nil {
		return report, err
	}
	calls, replies := gob.NewDecoder(out), gob.NewEncoder(in)
	for {
		var call pipe.Call
		if err = calls.Decode(&call); err != nil {
			break
		}
		if call.Method == "" {
			report = call.Report
			continue
		}
		if err = replies.Encode(pipe.Serve(e.t.Context(), e.store, call)); err != nil {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err := errors.Join(err, in.Close(), command.Wait()); err != nil {
		return report, fmt.Errorf("%w: %s", err, &failure)
	}
	return report, nil
}

// together runs programs at the same time.
func (e *evolution) together(programs []string, count int, cookies []string) map[string]pipe.Report {
	reports := map[string]pipe.Report{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, program := range programs {
		group.Go(func() {
			report := e.run(program, "work", count, cookies)
			mu.Lock()
			defer mu.Unlock()
			reports[program] = report
		})
	}
	group.Wait()
	return reports
}

// events wants a program to have raised no other events than those allowed.
func (e *evolution) events(program string, report pipe.Report, allowed ...string) {
	e.t.Helper()
	raised := maps.Clone(report.Events)
	for _, event := range allowed {
		delete(raised, event)
	}
	if len(raised) > 0 {
		e.t.Errorf("%s raised events: %v", program, raised)
	}
}

// total is the sum of a field over sessions.
func (e *evolution) total(report pipe.Report, field string) int {
	e.t.Helper()
	sum := 0
	for _, values := range report.Values {
		n, err := strconv.Atoi(values[field])
		if err != nil {
			e.t.Errorf("%s: %v", field, err)
		}
		sum += n
	}
	return sum
}

// all wants a field to have a value in each session.
func (e *evolution) all(report pipe.Report, field string, allowed ...string) {
	e.t.Helper()
	for _, values := range report.Values {
		ok := false
		for _, want := range allowed {
			ok = ok || values[field] == want
		}
		if !ok {
			e.t.Errorf("%s is %q, want %q", field, values[field], allowed)
		}
	}
}
