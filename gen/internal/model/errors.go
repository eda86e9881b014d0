package model

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

// RelativeTo shortens the names of files below dir, as the go command does.
func (e Errors) RelativeTo(dir string) Errors {
	short := slices.Clone(e)
	for i := range short {
		name, err := filepath.Rel(dir, short[i].Position.Filename)
		if err == nil && filepath.IsLocal(name) {
			short[i].Position.Filename = name
		}
	}
	return short
}

// ErrorList collects errors, so that a run reports all of them.
type ErrorList struct {
	Fset *token.FileSet
	List []Error
}

// Errorf adds an error at a place in the source.
func (l *ErrorList) Errorf(pos token.Pos, format string, args ...any) {
	l.Add(l.Fset.Position(pos), fmt.Sprintf(format, args...))
}

// Add adds an error.
func (l *ErrorList) Add(position token.Position, message string) {
	position.Offset = 0 // would tell equal errors apart
	l.List = append(l.List, Error{position, message})
}

// Sorted returns what was collected, nil if nothing was.
func (l *ErrorList) Sorted() Errors {
	if len(l.List) == 0 {
		return nil
	}
	list := slices.Clone(l.List)
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
