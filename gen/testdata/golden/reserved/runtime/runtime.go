// Package runtime is called as one that generated files import.
package runtime

// Runtime has a name like its package.
type Runtime struct{ Info int }
