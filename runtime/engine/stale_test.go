package engine_test

import (
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// changing is a schema that may differ from the one of which the code was generated.
type changing struct {
	_    struct{} `session:"idle=30m"`
	User int64    `session:"user,principal" db:"of no concern"`
	Note string   `session:"note"`
}

// Code that was generated from other tags is refused when the manager is made: it would run,
// without the change.
func TestStaleCodeIsRefused(t *testing.T) {
	const blank, user, note = `_ session:"idle=30m"`, `User session:"user,principal"`, `Note session:"note"`
	for name, c := range map[string]struct {
		fields []string
		want   string // "" if the code is accepted
	}{
		"as it was":         {[]string{blank, user, note}, ""},
		"in another order":  {[]string{note, user, blank}, ""},
		"another idle":      {[]string{`_ session:"idle=20m"`, user, note}, `the field _ session:"idle=20m" is now _ session:"idle=30m"`},
		"a new principal":   {[]string{blank, `User session:"user"`, note}, `the field User session:"user" is now User session:"user,principal"`},
		"a secret lost":     {[]string{blank, user, `Note session:"note,secret"`}, `the field Note session:"note,secret" is now Note session:"note"`},
		"a field added":     {[]string{blank, user}, `the field Note session:"note" is new`},
		"a field taken out": {[]string{blank, user, note, `Old session:"old"`}, `the field Old session:"old" is gone`},
	} {
		schema := testsite.MiniSchema("__Host-mini", nil)
		schema.Structs = []engine.Struct{engine.StructOf[changing](c.fields...)}
		store := memstore.New()
		_, err := engine.NewManager(schema, store)
		_ = store.Close()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: it is refused: %v", name, err)
		case c.want == "":
		case err == nil:
			t.Errorf("%s: it is accepted", name)
		case !strings.HasPrefix(err.Error(), "sessiongen: NewMiniManager: the struct engine_test.changing has changed since its code was generated: "+c.want+": ") ||
			!strings.HasSuffix(err.Error(), "run go generate"):
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}
