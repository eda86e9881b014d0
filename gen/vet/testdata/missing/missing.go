// Package missing has a schema that nobody has generated code for.
package missing // want `schema visitor has no generated code: run go generate`

type visitor struct {
	_ struct{} `session:"idle=30m"`

	Name string `session:"name"`
}
