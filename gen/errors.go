package gen

import "github.com/sessiongen/sessiongen/gen/internal/model"

// Error is one thing that is wrong with a schema: where, which rule, and what to do
// about it.
type Error = model.Error

// Errors are all errors of a run, in the order of their positions, each once.
type Errors = model.Errors
