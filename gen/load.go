package gen

import (
	"context"

	"github.com/sessiongen/sessiongen/gen/internal/load"
)

// Unlisted returns the go command's own error if it cannot list packages in a folder, such as
// that go.mod needs to be updated. Package golang.org/x/tools/go/packages takes that for
// patterns that match nothing, so this is for callers that have found no package.
func Unlisted(ctx context.Context, dir string, patterns []string) error {
	return load.Unlisted(ctx, dir, patterns)
}
