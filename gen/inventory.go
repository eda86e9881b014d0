package gen

import (
	"context"

	"github.com/sessiongen/sessiongen/gen/internal/inventory"
)

// DocConfig says what [Doc] is to describe. Output of the Config is the generated
// file, which is not read; Break has no effect.
type DocConfig struct {
	Config
	Format         string // markdown, html or json; empty: as the name of File ends, or else markdown
	File           string // what is to be written, if any: it must not have been written by hand
	RequirePurpose bool   // a field without a doc comment is an error

	// What tags do not say, because it is said to the manager.
	Sealed bool // the session is kept in the browser's cookie
	Limit  *int // the argument of runtime.WithSessionLimit, 0 without it; nil: not known
}

// Inventory is what [Doc] writes as JSON: every session and cookie of the schemas that it
// was asked for. What it holds keeps its name and meaning as long as Version is the same;
// more may be added.
type Inventory = inventory.Inventory

// InventoryVersion is the version of what [Inventory] holds.
const InventoryVersion = inventory.Version

// Doc describes the cookies and session fields of schemas, for a privacy page and
// for those who review them. An error that concerns schemas is of type [Errors].
func Doc(ctx context.Context, config DocConfig) ([]byte, error) {
	render, err := inventory.Format(config.Format, config.File)
	if err != nil {
		return nil, err
	}
	if err := inventory.CheckFile(config.File); err != nil {
		return nil, err
	}
	packages, dir, err := readAll(ctx, &config.Config)
	if err != nil {
		return nil, err
	}
	options := inventory.Options{RequirePurpose: config.RequirePurpose, Sealed: config.Sealed, Limit: config.Limit}
	if errs := inventory.Check(packages, options); errs != nil {
		return nil, errs.RelativeTo(dir)
	}
	return render(inventory.Of(packages, options))
}
