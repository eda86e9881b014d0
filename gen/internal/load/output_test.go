package load

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// TestWhatIsWrittenByHandIsNotReplaced: a file is ours by its head, not by what else
// is in it. Source code about generated files mentions the line too.
func TestWhatIsWrittenByHandIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "session_gen.go")
	for content, ours := range map[string]bool{
		"":                                  true,
		"\n":                                true,
		model.Header + "\n\npackage shop\n": true,
		model.Header + "\r\n\r\npackage shop\r\n":                                     true,
		"<<<<<<< ours\npackage shop\n=======\n" + model.Header + "\n>>>>>>> theirs\n": true,
		"package shop\n": false,
		"// Package shop.\npackage shop\n\nconst head = \"" + model.Header + "\"\n":     false,
		"package shop\n\nconst head = `\n" + model.Header + "\n`\n":                     false,
		"/* Files that begin with " + model.Header + " are ours. */\npackage shop\n":    false,
		"package shop\n\n<<<<<<< ours\n=======\n" + model.Header + "\n>>>>>>> theirs\n": false,
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := CheckOwner(path); (err == nil) != ours {
			t.Errorf("%q is replaced: %v, want %v", content, err == nil, ours)
		}
	}
}

// TestOutputIsCompiledEverywhere: the go command leaves out files whose names end in
// another system or architecture, so there would be code and no methods.
func TestOutputIsCompiledEverywhere(t *testing.T) {
	for name, everywhere := range map[string]bool{
		"session_gen.go": true, "windows.go": true, "session.go": true, "session_go.go": true,
		"session_windows.go": false, "session_linux.go": false, "session_arm64.go": false, "session_linux_amd64.go": false,
	} {
		if err := CheckOutput(name); (err == nil) != everywhere {
			t.Errorf("%s is taken: %v, want %v", name, err == nil, everywhere)
		}
	}
}
