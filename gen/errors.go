package gen

import (
	"cmp"
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// Error is one thing that is wrong with a schema: where, which rule, and what
// to do about it.
type Error struct {
	Position token.Position // not valid: the run as a whole
	Message  string
}

func (e Error) Error() string {
	if !e.Position.IsValid() {
		return e.Message
	}
	return e.Position.String() + ": " + e.Message
}

// Errors are all errors of a run, in the order of their positions, each once.
type Errors []Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// relativeTo shortens the names of files below dir, as the go command does.
func (e Errors) relativeTo(dir string) Errors {
	short := slices.Clone(e)
	for i := range short {
		name, err := filepath.Rel(dir, short[i].Position.Filename)
		if err == nil && filepath.IsLocal(name) {
			short[i].Position.Filename = name
		}
	}
	return short
}

// errorList collects errors, so that a run reports all of them.
type errorList struct {
	fset *token.FileSet
	list []Error
}

func (l *errorList) errorf(pos token.Pos, format string, args ...any) {
	l.add(l.fset.Position(pos), fmt.Sprintf(format, args...))
}

func (l *errorList) add(position token.Position, message string) {
	position.Offset = 0 // would tell equal errors apart
	l.list = append(l.list, Error{position, message})
}

// sorted returns what was collected, nil if nothing was.
func (l *errorList) sorted() Errors {
	if len(l.list) == 0 {
		return nil
	}
	list := slices.Clone(l.list)
	slices.SortStableFunc(list, func(a, b Error) int {
		return cmp.Or(
			cmp.Compare(a.Position.Filename, b.Position.Filename),
			cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.Compact(list)
}
