// Package desk is a part of a program whose other part has the same session cookie.
package desk

type visitor struct {
	_ struct{} `session:"idle=30m"`

	Name string `session:"name"`
}
