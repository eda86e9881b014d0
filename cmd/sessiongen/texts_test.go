package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/sessiongen/sessiongen/gen"
)

// TestEveryTextIsAsserted takes the sentences from the source of the generator's
// front half, of init and of this command, where they are all said to users, and wants
// each in what a script expects: on standard error, in a report, or in a file that is
// written. Those of vet stand beside the code that they are about, in gen/vet/testdata.
func TestEveryTextIsAsserted(t *testing.T) {
	expected := expectedOutput(t)
	texts := sentences(t)
	for _, elsewhere := range []string{
		strings.TrimPrefix(gen.ErrLockChanged.Error(), gen.LockName), // other runs interfere again and again: gen's own tests
		"reading standard input: %w",                                 // TestInspectSaysThatItCannotRead
		"it is cut off",                                              // gen's TestInspectWhatIsNotInOrder
		"%s has changed since it was read: run this again",           // gen's TestRenameChangesNothingElse
		"invalid SameSite value", "use Plain, Signed or Encrypted",   // package cookie's own tests: a tag cannot have them
	} {
		if _, said := texts[elsewhere]; !said {
			t.Errorf("no source has the text %q any more", elsewhere)
		}
		delete(texts, elsewhere)
	}
	for text, position := range texts {
		if !pattern(text).MatchString(expected) {
			t.Errorf("%s: no case in testdata expects %q", position, text)
		}
	}
	folders := map[string]int{}
	for _, position := range texts {
		folders[filepath.Dir(position.Filename)]++
	}
	for folder, least := range map[string]int{
		"../../gen": 5, "../../gen/internal/parse": 60, "../../gen/internal/lock": 6, "../../gen/internal/inventory": 40,
		"../../gen/internal/inspect": 4, "../../gen/internal/load": 6, "../../gen/internal/rename": 15, "../../gen/migrate": 40, "../../runtime/cookie": 15, ".": 10,
	} {
		if folders[folder] < least {
			t.Errorf("found only %d sentences in %s: this test looks in the wrong place", folders[folder], folder)
		}
	}
}

func expectedOutput(t *testing.T) string {
	t.Helper()
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	refusals, err := filepath.Glob("../../gen/internal/parse/testdata/unsafe/*.txtar") // those of what is not safe are tried without the command
	if err != nil {
		t.Fatal(err)
	}
	scripts = append(scripts, refusals...)
	var expected strings.Builder
	for _, script := range scripts {
		archive, err := txtar.ParseFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.HasPrefix(file.Name, "want") {
				expected.Write(file.Data)
				expected.Write(unwrapped(file.Data))
			}
		}
	}
	return expected.String()
}

// unwrapped has each comment on one line, for where it is broken depends on what was put
// into it.
func unwrapped(data []byte) []byte {
	return wrapped.ReplaceAll(data, []byte(" "))
}

var wrapped = regexp.MustCompile(`\n\t*// `)

// sentences are the string literals of three words and more that are no comments and no
// help, with where they stand.
func sentences(t *testing.T) map[string]token.Position {
	t.Helper()
	var sources []string
	for _, pattern := range []string{"../../gen/*.go", "../../gen/internal/*/*.go", "../../gen/migrate/*.go", "../../runtime/cookie/check.go", "*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, found...)
	}
	sources = slices.DeleteFunc(sources, func(path string) bool {
		folder := filepath.Base(filepath.Dir(path))
		return strings.HasSuffix(path, "_test.go") || folder == "emit" || folder == "proto" || folder == "shop" || filepath.Base(path) == "kinds.go" || filepath.Base(path) == "proto.go"
	})
	found := map[string]token.Position{}
	fset := token.NewFileSet()
	for _, source := range sources {
		file, err := parser.ParseFile(fset, source, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if constant, ok := n.(*ast.ValueSpec); ok && strings.HasSuffix(strings.ToLower(constant.Names[0].Name), "help") {
				return false
			}
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err == nil && len(strings.Fields(text)) >= 3 && !strings.HasPrefix(text, "//") {
				found[text] = fset.Position(literal.Pos())
			}
			return true
		})
	}
	return found
}

var (
	verb  = regexp.MustCompile(`%[sdqvw]`)
	space = regexp.MustCompile(`\s+`)
)

// pattern matches what a format can become. Space is whatever gofmt makes of it.
func pattern(format string) *regexp.Regexp {
	parts := verb.Split(format, -1)
	for i, part := range parts {
		parts[i] = space.ReplaceAllString(regexp.QuoteMeta(strings.ReplaceAll(part, "%%", "%")), `\s+`)
	}
	return regexp.MustCompile(strings.Join(parts, ".*"))
}
