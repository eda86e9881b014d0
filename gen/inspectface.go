package gen

import (
	"context"
	"fmt"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// NewInspector reads the one schema that config asks for.
func NewInspector(ctx context.Context, config Config) (*Inspector, error) {
	packages, _, err := read(ctx, &config)
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
		return nil, fmt.Errorf("no schema keeps anything in a session, so there is no record to show")
	case 1:
		return &Inspector{found[0]}, nil
	}
	return nil, fmt.Errorf("schemas %s keep sessions, and a record is of one: name it with -type", strings.Join(names, ", "))
}
