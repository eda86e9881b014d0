package visitor

import (
	"github.com/sessiongen/sessiongen/runtime/bench/content"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Marshal writes a content by the generated codec.
func Marshal(c *content.Content) []byte {
	codec := wholeCodec{&whole{Content: *c}}
	return codec.Append(nil, wholeContent)
}

// Unmarshal reads what [Marshal] wrote, by the generated codec. What it reads owns its
// memory, as that of other codecs does, so there is a copy of the data.
func Unmarshal(data []byte, c *content.Content) error {
	var storage whole
	reader := wire.NewReader(string(data))
	wholeCodec{&storage}.Consume(wholeContent, reader)
	*c = storage.Content
	return reader.Err()
}
