// Package aside marks what a test's helpers do with a session beside the program that is
// tested: a hook hears of no event of theirs, and a store of theirs neither counts nor
// fails it.
package aside

import "context"

type key struct{}

// With marks what is done with a context.
func With(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, true) }

// Is says whether a context is marked.
func Is(ctx context.Context) bool { return ctx.Value(key{}) != nil }
