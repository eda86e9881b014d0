package load

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
)

// Unlisted returns the go command's own error if it cannot list packages, such as that go.mod
// needs to be updated. Package packages takes that for patterns that match nothing, so this is
// for callers that it has found no package for.
func Unlisted(ctx context.Context, dir string, patterns []string) error {
	command := exec.CommandContext(ctx, "go", append([]string{"list", "--"}, patterns...)...)
	command.Dir = dir
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Run(); err == nil {
		return nil
	}
	said := strings.TrimPrefix(strings.TrimSpace(stderr.String()), "go: ")
	if said == "" {
		return nil
	}
	return errors.New(said)
}
