package scratch

import "sync"

// Pool holds buffers for encodings that are only compared or hashed. A buffer on the stack
// would escape through the Codec interface at every request.
var Pool = sync.Pool{New: func() any { return new([]byte) }}

// MaxSize is the size of the largest buffer that is kept.
const MaxSize = 64 << 10
