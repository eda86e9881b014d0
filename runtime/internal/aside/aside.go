// Package aside is for sessiontest and the engine: it marks what a test's helpers do with a
// session beside the program that is tested. Such calls raise no event, and a store for tests
// neither counts nor fails them. It imports the standard library alone.
package aside

import "context"

type key struct{}

// With marks a context.
func With(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, true) }

// Is reports whether a context is marked.
func Is(ctx context.Context) bool { return ctx.Value(key{}) != nil }
