package inventory

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/gen/internal/parse"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// docDir has a package that is there to be written down, and what is written of it.
const docDir = "../../testdata/doc"

var update = flag.Bool("update", false, "write what is committed in testdata/doc")

// docPackages are those of the golden cases and the one that is there to be
// written down, which comes first.
var docPackages = sync.OnceValues(func() (packages []*model.Package, err error) {
	folders, err := filepath.Glob("../../testdata/golden/*")
	if err != nil {
		return nil, err
	}
	for _, folder := range append([]string{docDir}, folders...) {
		pkg, err := readFolder(folder)
		if err != nil {
			return nil, err
		}
		if len(pkg.Schemas) > 0 {
			packages = append(packages, pkg)
		}
	}
	return packages, nil
})

// readFolder reads the schemas of one folder, in the fast way where that is possible.
func readFolder(folder string) (*model.Package, error) {
	dir, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	const output, here = "session_gen.go", "."
	src, found := load.Fast(context.Background(), dir, output, []string{here})
	if !found {
		sources, errs := load.Packages(context.Background(), dir, output, []string{here})
		if errs != nil {
			return nil, errs
		}
		src = sources[0]
	}
	pkg, errs := parse.Package(src, nil)
	if errs != nil {
		return nil, errs
	}
	return pkg, nil
}

func packagesToDocument(t *testing.T) []*model.Package {
	t.Helper()
	packages, err := docPackages()
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

// docCases are the inventories that are committed, and what they were made with.
var docCases = []struct {
	name    string
	schemas []string
	options Options
}{
	{"stored", []string{"visitor", "guest", "nobody"}, Options{Limit: new(3)}},
	{"sealed", []string{"guest", "nobody"}, Options{Sealed: true}},
}

// TestASVS_7_1_1_and_7_1_2_TimeoutsLimitsAndWhatIsKeptAreWrittenDown: a change of
// what the inventory says is a change of the committed files.
func TestASVS_7_1_1_and_7_1_2_TimeoutsLimitsAndWhatIsKeptAreWrittenDown(t *testing.T) {
	pkg := packagesToDocument(t)[0]
	for _, c := range docCases {
		some := &model.Package{Types: pkg.Types}
		for _, s := range pkg.Schemas {
			if slices.Contains(c.schemas, s.Name) {
				some.Schemas = append(some.Schemas, s)
			}
		}
		for _, format := range []string{"md", "html", "json"} {
			file := filepath.Join(docDir, c.name+"."+format)
			t.Run(filepath.Base(file), func(t *testing.T) {
				compareDoc(t, some, c.options, file)
			})
		}
	}
}

func compareDoc(t *testing.T, pkg *model.Package, options Options, file string) {
	t.Helper()
	render, err := Format("", file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := render(Of([]*model.Package{pkg}, options))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, text) {
		t.Errorf("%s is not what is written now: see what changed, then go test ./gen/internal/inventory -update\n%s", file, text)
	}
}

// Markdown and HTML are read as programs read them: both have to give back every
// text of the page, whatever characters it has, and nothing else.
func TestDocTextsComeBackFromMarkdownAndHTML(t *testing.T) {
	for _, c := range docCases {
		i := Of(packagesToDocument(t), c.options)
		var want []string
		p := page(i)
		for _, s := range p.Sections {
			want = append(want, s.Title)
			for _, text := range s.Text {
				want = append(want, plain(text))
			}
			want = append(want, s.Table.Heads...)
			for _, row := range s.Table.Rows {
				for _, cell := range row {
					want = append(want, plain(cell))
				}
			}
		}
		if hostile := `<script>alert("1")</script> | a ` + "`tick`"; !strings.Contains(strings.Join(want, "\n"), hostile) {
			t.Fatalf("there is no hostile comment to test with")
		}
		markdown, err := markdownDoc(i)
		if err != nil {
			t.Fatal(err)
		}
		compareTexts(t, "Markdown", want, readMarkdown(t, string(markdown)))
		page, err := htmlDoc(i)
		if err != nil {
			t.Fatal(err)
		}
		compareTexts(t, "HTML", want, readHTML(t, page))
	}
}

func plain(text docText) string {
	var out strings.Builder
	for _, piece := range text {
		out.WriteString(piece.Text)
	}
	return out.String()
}

func compareTexts(t *testing.T, format string, want, got []string) {
	t.Helper()
	for i := range max(len(want), len(got)) {
		at := func(list []string) string {
			if i < len(list) {
				return list[i]
			}
			return "(end)"
		}
		if at(want) != at(got) {
			t.Errorf("%s: text %d is\n%s\nand should be\n%s", format, i, at(got), at(want))
			return
		}
	}
}

// Every mark stands for itself, and names are not littered with backslashes.
func TestDocMarkdownEscape(t *testing.T) {
	for text, want := range map[string]string{
		"a snake_case word":  "a snake_case word",
		"_a_ __b__ c_":       `\_a\_ \_\_b\_\_ c\_`,
		"a\n\nb\t|":          `a b \|`,
		"<a href='x'>&copy;": "&lt;a href='x'&gt;&amp;copy;",
		" kept ":             " kept ",
		" ":                  " ",
		"":                   "",
		`\`:                  `\\`,
		"größe_ü":            "größe_ü",
	} {
		if got := markdownEscape(text); got != want {
			t.Errorf("markdownEscape(%q) = %q, want %q", text, got, want)
		}
	}
	for line, want := range map[string]string{
		"- a": `\- a`, "+ a": `\+ a`, "=== ": `\=== `, "12. a": `12\. a`, "1) a": `1\) a`, "12 a": "12 a", "12": "12", "a - b": "a - b", "": "",
	} {
		if got := markdownLine(line); got != want {
			t.Errorf("markdownLine(%q) = %q, want %q", line, got, want)
		}
	}
	for text, want := range map[string]string{"map[K]V": "`map[K]V`", "a`|b": "<code>a\\`\\|b</code>"} {
		if got := markdownCode(text); got != want {
			t.Errorf("markdownCode(%q) = %q, want %q", text, got, want)
		}
	}
}

// A value that cannot be seen is quoted.
func TestDocValuesAreVisible(t *testing.T) {
	for text, want := range map[string]string{
		"": `""`, " a": `" a"`, "a b": "a b", "größe": "größe", "a\u202eb": `"a\u202eb"`, "a\x1b": `"a\x1b"`,
	} {
		if got := code(text)[0].Text; got != want {
			t.Errorf("the value %q is shown as %s, want %s", text, got, want)
		}
	}
}

func TestDocPurpose(t *testing.T) {
	for doc, want := range map[string]string{
		"":                               "",
		"Deprecated: use B.":             "",
		"A is\n  one.\n\nFor developers": "A is one.",
		"Deprecated: no.\n\nA is one.":   "A is one.",
		// Neither a terminal nor the text behind is turned around.
		"A\x1b[2J is \u202ereversed\u2066":   "A[2J is reversed",
		"\u200f\u05d0 is \u0645\u200c\u06cc": "\u200f\u05d0 is \u0645\u200c\u06cc",
	} {
		if got := purpose(doc); got != want {
			t.Errorf("purpose(%q) = %q, want %q", doc, got, want)
		}
	}
}

// The limits are those of the standard, and reaching one is not passing it.
func TestNIST_800_63B_4_TheInventoryComparesTimeoutsWithTheLevels(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		idle, lifetime time.Duration
		within         string
	}{
		{15 * time.Minute, 12 * time.Hour, "AAL1 AAL2 AAL3"},
		{15*time.Minute + 1, 12 * time.Hour, "AAL1 AAL2"},
		{15 * time.Minute, 12*time.Hour + 1, "AAL1 AAL2"},
		{time.Hour, day, "AAL1 AAL2"},
		{time.Hour + 1, day, "AAL1"},
		{time.Hour, day + 1, "AAL1"},
		{30 * day, 30 * day, "AAL1"},
		{time.Hour, 30*day + 1, ""},
	} {
		var within []string
		for _, l := range levels(c.idle, c.lifetime) {
			if l.Within {
				within = append(within, l.Level)
			}
		}
		if got := strings.Join(within, " "); got != c.within {
			t.Errorf("idle %v and lifetime %v are within %q, want %q", c.idle, c.lifetime, got, c.within)
		}
	}
}

// What the runtime keeps beside the fields is told as a whole: a new entry of the
// record needs a sentence.
func TestDocTellsAllThatTheRuntimeKeeps(t *testing.T) {
	told := map[int32]bool{}
	for _, f := range facts {
		for _, n := range f.numbers {
			told[n] = true
		}
	}
	for _, own := range record.OwnFields {
		if !told[own.Number] {
			t.Errorf("no fact tells of %s", own.Name)
		}
		delete(told, own.Number)
	}
	for n := range told {
		t.Errorf("field %d is told of and is not kept", n)
	}
}
