package load

import (
	"bytes"
	"errors"
	"fmt"
	"go/build"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// CheckOutput refuses names that the go command would not compile as a part of
// the package.
func CheckOutput(name string) error {
	switch {
	case name != filepath.Base(name):
		return fmt.Errorf("output %s is in another directory: it is a part of the schema's package, so give a file name alone", name)
	case !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"):
		return fmt.Errorf("output %s is no source file of the package: give a name that ends in .go but not in _test.go", name)
	case strings.HasPrefix(name, "_"), strings.HasPrefix(name, "."):
		return fmt.Errorf("output %s would be ignored by the go command: give a name that does not begin with _ or a dot", name)
	case !compiledEverywhere(name):
		return fmt.Errorf("output %s would be compiled for one system or architecture alone: give a name that does not end in one", name)
	}
	return nil
}

// compiledEverywhere asks about a machine that nobody has.
func compiledEverywhere(name string) bool {
	nowhere := build.Context{GOOS: "none", GOARCH: "none", Compiler: "gc", OpenFile: func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("package none\n")), nil
	}}
	compiled, err := nowhere.MatchFile("", name)
	return err != nil || compiled
}

// CheckOwner refuses to replace a file that somebody has written by hand. One
// that is empty or half merged is replaced.
func CheckOwner(path string) *model.Error {
	at := token.Position{Filename: path, Line: 1, Column: 1}
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &model.Error{Position: at, Message: err.Error()}
	case len(bytes.TrimSpace(content)) > 0 && !model.ContentIsOurs(string(content)):
		return &model.Error{Position: at, Message: "file was not written by sessiongen, so it is not replaced: remove it, or choose another name with -o"}
	}
	return nil
}
