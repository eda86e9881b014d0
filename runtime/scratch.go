package runtime

import "sync"

// scratch holds buffers for encodings that are only compared or hashed. One on
// the stack would escape through the Codec interface, at every request.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// mostScratch is the largest buffer that is kept for the next one.
const mostScratch = 64 << 10
