// Package eventhook is for applications that do more with events than log them: it counts them
// for expvar, and joins hooks for runtime.WithEvents.
//
// Of sessiongen's packages it imports runtime alone.
package eventhook
