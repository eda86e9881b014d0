package gen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/gen/internal/proto"
)

// Proto describes the records of a package's sessions in the language of Protocol
// Buffers, so that programs in other languages can read them. config must name a
// single package: a .proto file describes one.
func Proto(ctx context.Context, config Config) ([]byte, error) {
	packages, _, err := readAll(ctx, &config)
	if err != nil {
		return nil, err
	}
	var paths []string
	var kept []*model.Package
	for _, pkg := range packages {
		if slices.ContainsFunc(pkg.Schemas, func(s *model.Schema) bool { return !s.Stateless }) {
			paths, kept = append(paths, pkg.Types.Path()), append(kept, pkg)
		}
	}
	switch len(kept) {
	case 0:
		return nil, errors.New("no schema keeps anything in a session, so there is no record to describe: cookies are no messages")
	case 1:
		return proto.File(kept[0]), nil
	}
	return nil, fmt.Errorf("packages %s have schemas, and a .proto file describes one package: name one of them", strings.Join(paths, ", "))
}
