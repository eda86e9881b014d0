package scratch

import "sync"

// Pool holds buffers for encodings that are only compared or hashed. One on
// the stack would escape through the Codec interface, at every request.
var Pool = sync.Pool{New: func() any { return new([]byte) }}

// MaxSize is the largest buffer that is kept for the next one.
const MaxSize = 64 << 10
