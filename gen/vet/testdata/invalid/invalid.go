// Package invalid has a schema that has become wrong since its code was generated.
package invalid

type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=1m"`

	Name string `session:"name"`
}
