package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// AppendJSON appends what v points to, as JSON. It panics for [RecoverEncoding] if the value has
// no JSON, or if another value would be read back from it.
func AppendJSON[T any](b []byte, number int32, v *T) []byte {
	encoded := marshalJSON(v)
	got := new(T)
	if err := json.Unmarshal(encoded, got); err != nil {
		failEncoding(fmt.Errorf("the JSON of %v cannot be read back: %w", reflect.TypeFor[T](), err))
	}
	if what := difference("the value", reflect.ValueOf(v).Elem(), reflect.ValueOf(got).Elem()); what != "" {
		failEncoding(fmt.Errorf("encoding %v as JSON: %s", reflect.TypeFor[T](), what))
	}
	return AppendString(b, number, encoded)
}

// AppendLossyJSON is [AppendJSON] for a value of which JSON may lose something.
func AppendLossyJSON[T any](b []byte, number int32, v *T) []byte {
	return AppendString(b, number, marshalJSON(v))
}

func marshalJSON[T any](v *T) []byte {
	encoded, err := json.Marshal(v)
	if err != nil {
		failEncoding(fmt.Errorf("encoding %v as JSON: %w", reflect.TypeFor[T](), err))
	}
	return encoded
}

// ReadJSON reads what [AppendJSON] or [AppendLossyJSON] wrote, and replaces what v points to.
func ReadJSON[T any](r *Reader, v *T) {
	encoded := r.Bytes()
	if r.err != nil {
		return
	}
	var fresh T // encoding/json would merge the value into the old one
	if err := json.Unmarshal(encoded, &fresh); err != nil {
		r.fail(fmt.Errorf("JSON does not fit into %v", reflect.TypeFor[T]()))
		return
	}
	*v = fresh
}
