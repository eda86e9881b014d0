// Package split has two schemas, each with a file of its own.
package split

type visitor struct {
	_ struct{} `session:"idle=30m"`

	Name string `session:"name"`
}

type clerk struct {
	_ struct{} `session:"idle=30m"`

	Name string `session:"name"`
}
