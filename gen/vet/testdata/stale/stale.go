// Package stale has changed its schema, and not what was generated from it.
package stale

type visitor struct {
	_ struct{} `session:"idle=30m"`

	Name string `session:"name"`
}
