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
// front half, where they are all said to users, and wants each in what a script
// expects on standard error.
func TestEveryTextIsAsserted(t *testing.T) {
	expected := expectedOutput(t)
	texts := sentences(t)
	// It is said where other runs interfere again and again, which gen's own tests do.
	delete(texts, strings.TrimPrefix(gen.ErrLockChanged.Error(), gen.LockName))
	for text, position := range texts {
		if !pattern(text).MatchString(expected) {
			t.Errorf("%s: no case in testdata expects %q", position, text)
		}
	}
	if len(texts) < 80 {
		t.Errorf("found only %d sentences: this test looks in the wrong place", len(texts))
	}
}

func expectedOutput(t *testing.T) string {
	t.Helper()
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	refusals, err := filepath.Glob("../../gen/testdata/unsafe/*.txtar") // those of what is not safe are tried without the command
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
			}
		}
	}
	return expected.String()
}

// sentences are the string literals of three words and more that are no comments,
// with where they stand.
func sentences(t *testing.T) map[string]token.Position {
	t.Helper()
	sources, err := filepath.Glob("../../gen/*.go")
	if err != nil {
		t.Fatal(err)
	}
	sources = slices.DeleteFunc(sources, func(path string) bool {
		name := filepath.Base(path)
		return strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "emit") || strings.HasPrefix(name, "proto") || name == "name.go"
	})
	found := map[string]token.Position{}
	fset := token.NewFileSet()
	for _, source := range sources {
		file, err := parser.ParseFile(fset, source, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
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

var verb = regexp.MustCompile(`%[sdqvw]`)

// pattern matches what a format can become.
func pattern(format string) *regexp.Regexp {
	parts := verb.Split(format, -1)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(strings.ReplaceAll(part, "%%", "%"))
	}
	return regexp.MustCompile(strings.Join(parts, ".*"))
}
