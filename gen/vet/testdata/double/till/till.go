// Package till is a part of a program whose other part has the same session cookie.
package till

type visitor struct {
	_ struct{} `session:"idle=30m"`

	Name string `session:"name"`
}
