package gen

import (
	"context"
	"fmt"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/inspect"
	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// Inspector shows the records of one schema, as they are kept in a store, to people.
type Inspector = inspect.Inspector

// ReadRecord takes a record as tools print it: the bytes themselves, the text in quotes
// that redis-cli makes of them, or hexadecimal digits with or without 0x, \x or X'…'. What
// redisstore and scsstore keep before a record is left out.
func ReadRecord(input []byte) ([]byte, error) { return inspect.Read(input) }

// NewInspector reads the one schema that config asks for.
func NewInspector(ctx context.Context, config Config) (*Inspector, error) {
	packages, _, err := readAll(ctx, &config)
	if err != nil {
		return nil, err
	}
	var found []*model.Schema
	var names []string
	for _, pkg := range packages {
		for _, s := range pkg.Schemas {
			if !s.Stateless {
				found, names = append(found, s), append(names, s.Name)
			}
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("no schema has session fields, so there is no record to show")
	case 1:
		return inspect.New(found[0]), nil
	}
	return nil, fmt.Errorf("schemas %s have session fields, and a record belongs to one of them: name it with -type", strings.Join(names, ", "))
}
