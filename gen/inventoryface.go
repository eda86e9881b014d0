package gen

import (
	"context"
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

// Doc describes the cookies and session fields of schemas, for a privacy page and
// for those who review them. An error that concerns schemas is of type [Errors].
func Doc(ctx context.Context, config DocConfig) ([]byte, error) {
	render, err := docFormat(config)
	if err != nil {
		return nil, err
	}
	if err := checkDocFile(config.File); err != nil {
		return nil, err
	}
	packages, dir, err := read(ctx, &config.Config)
	if err != nil {
		return nil, err
	}
	if errs := checkDoc(packages, config); errs != nil {
		return nil, errs.RelativeTo(dir)
	}
	return render(inventory(packages, config))
}
