package gen

import (
	"fmt"
	"path/filepath"

	"github.com/sessiongen/sessiongen/gen/internal/load"
)

// overlooked continues an error that there is no schema, or none of that name, where a file
// that is not compiled has one.
func overlooked(folders []string, name string) string {
	for _, o := range load.FindOverlooked(folders) {
		switch at := fmt.Sprintf("%s:%d", filepath.Base(o.Position.Filename), o.Position.Line); {
		case name != "" && name != o.Name:
		case o.Constraint == "":
			return fmt.Sprintf("; that of %s (%s) is in a test, for which nothing is generated: move it to another file", o.Name, at)
		default:
			return fmt.Sprintf("; that of %s (%s) is compiled only under %s: set GOOS, GOARCH or, for tags, GOFLAGS=-tags=… for this run", o.Name, at, o.Constraint)
		}
	}
	return ""
}

// foldersOf are where schemas were looked for.
func foldersOf(sources []*load.Source, config Config) []string {
	folders := load.FoldersBelow(config.Dir, config.Patterns)
	for _, src := range sources {
		folders = append(folders, src.Dir)
	}
	return folders
}
