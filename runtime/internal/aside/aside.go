// Package aside is for sessiontest and the engine. It marks what the helpers of a test do with a
// session beside the program under test. Such calls raise no event, and a store for tests
// neither counts nor fails them. It imports the standard library alone.
package aside

import "context"

type key struct{}

// With marks a context.
func With(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, true) }

// Is reports whether a context is marked.
func Is(ctx context.Context) bool { return ctx.Value(key{}) != nil }
