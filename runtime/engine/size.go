package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

// defaultMaxSize is the default of WithMaxSize, in bytes.
const defaultMaxSize = 1 << 20

// checkSize returns an error if the record that is to be written has too many bytes.
func (s *Session) checkSize(size int) error {
	most := s.manager.options.MaxSize
	if size <= most {
		return nil
	}
	return fmt.Errorf("%w: it has %d bytes, and %d are allowed; %s: store less in it, or raise runtime.WithMaxSize",
		runtime.ErrTooLarge, size, most, s.largest())
}

// withLargest adds the largest fields to the error of a store that a record is too large for.
func (s *Session) withLargest(err error) error {
	if errors.Is(err, runtime.ErrTooLarge) {
		return fmt.Errorf("%w; %s", err, s.largest())
	}
	return err
}

// largest names the largest fields with their sizes in bytes.
func (s *Session) largest() string {
	type sized struct {
		name string
		size int
	}
	var fields []sized
	for i, f := range s.manager.schema.Fields {
		if encoded, err := s.appendField(nil, i); err == nil {
			fields = append(fields, sized{f.Key, len(encoded)})
		}
	}
	unknown := 0
	for _, e := range s.base.unknown {
		unknown += int(e.End - e.Start)
	}
	fields = append(fields, sized{"fields of other programs", unknown})
	fields = slices.DeleteFunc(fields, func(f sized) bool { return f.size == 0 })
	slices.SortStableFunc(fields, func(a, b sized) int { return b.size - a.size })
	var names []string
	for _, f := range fields[:min(3, len(fields))] {
		names = append(names, fmt.Sprintf("%s (%d)", f.name, f.size))
	}
	return "most of it is in " + strings.Join(names, ", ")
}
