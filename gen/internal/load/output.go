package load

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
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
		return fmt.Errorf("output %s is in another directory: the file is part of the schema's package, so give only a file name", name)
	case !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"):
		return fmt.Errorf("output %s is not the name of a source file: give a name that ends in .go but not in _test.go", name)
	case strings.HasPrefix(name, "_"), strings.HasPrefix(name, "."):
		return fmt.Errorf("output %s would be ignored by the go command: give a name that does not begin with _ or a dot", name)
	case !compiledEverywhere(name):
		return fmt.Errorf("output %s would be compiled only for one system or architecture: give a name that does not end in one", name)
	}
	return nil
}

// CheckOwner refuses to replace a file that was written by hand. One
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
