package gen

import (
	"bytes"
	"go/format"
	"os"
	"path/filepath"
	"testing"
)

// TestGoldenIsFormatted: what is committed is what gofmt makes of it, although
// imports are grouped after jennifer has formatted the file.
func TestGoldenIsFormatted(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(goldenDir, "*", DefaultOutput))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden files (%v)", err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		formatted, err := format.Source(content)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(formatted, content) {
			t.Errorf("%s is not formatted: %s", path, firstDifference(formatted, content))
		}
	}
}
