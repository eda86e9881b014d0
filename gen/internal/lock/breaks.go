package lock

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// resolveBreaks gives the keys of -break their paths, in the packages that have them.
func resolveBreaks(breaks []string, locks []lock) (resolved [][]string, errs []model.Error) {
	resolved = make([][]string, len(locks))
	for _, b := range breaks {
		type match struct {
			lock int
			path string
		}
		var matches []match
		for i, l := range locks {
			for _, line := range slices.Concat(l.lines, slices.Concat(l.earlier...)) {
				found := match{i, line.path}
				if isCalled(line.path, b) && !slices.Contains(matches, found) {
					matches = append(matches, found)
				}
			}
		}
		switch len(matches) {
		case 0:
			errs = append(errs, model.Error{Message: fmt.Sprintf("-break %s: no %s has that key: write it as in the file, such as visitor.cart[].sku", b, Name)})
		case 1:
			resolved[matches[0].lock] = append(resolved[matches[0].lock], matches[0].path)
		default:
			first, second := matches[0], matches[1]
			errs = append(errs, model.Error{Message: fmt.Sprintf("-break %s is %s of %s and %s of %s: write the schema too, and name only the package in question", b,
				first.path, locks[first.lock].pkg, second.path, locks[second.lock].pkg)})
		}
	}
	return resolved, errs
}

// isCalled reports whether a path is written so, with its schema or without.
func isCalled(path, written string) bool {
	_, short, _ := strings.Cut(path, ".")
	return path == written || short == written
}
