package wire

import (
	"fmt"
	"reflect"
)

// AppendProto appends a message of the official Protocol Buffers library, of type M, as marshal
// writes it: the function MarshalAppend of that library, which this module does not import. It
// panics for [RecoverEncoding] if marshal returns an error.
func AppendProto[M any](b []byte, number int32, message M, marshal func([]byte, M) ([]byte, error)) []byte {
	b = OpenMessage(b, number)
	open := len(b)
	b, err := marshal(b, message)
	if err != nil {
		failEncoding(fmt.Errorf("encoding %v: %w", reflect.TypeOf(message), err))
	}
	return CloseMessage(b, open)
}

// ReadProto passes what [AppendProto] wrote to unmarshal, the function Unmarshal of the library,
// whose error becomes that of r.
func ReadProto[M any](r *Reader, message M, unmarshal func([]byte, M) error) {
	encoded := r.Bytes()
	if r.err != nil {
		return
	}
	if unmarshal(encoded, message) != nil {
		r.fail(fmt.Errorf("it is no message of type %v", reflect.TypeOf(message)))
	}
}
