package runtime

import "github.com/sessiongen/sessiongen/runtime/wire"

// Unknown keeps, as a field of a struct inside a session field, what other versions of the
// program have written into that struct.
type Unknown = wire.Unknown
