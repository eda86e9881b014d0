// Package aside marks what the helpers of a test do with a session beside the program under
// test. The event hook receives none of their events, and test stores neither count nor fail
// their calls.
package aside

import "context"

type key struct{}

// With marks a context.
func With(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, true) }

// Is reports whether a context is marked.
func Is(ctx context.Context) bool { return ctx.Value(key{}) != nil }
