// Package codec has the ways to turn the content of a session into bytes and back.
package codec

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mailru/easyjson"
	"google.golang.org/protobuf/proto"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
	"github.com/sessiongen/sessiongen/runtime/bench/limit"
	"github.com/sessiongen/sessiongen/runtime/bench/messages/easymessage"
	"github.com/sessiongen/sessiongen/runtime/bench/messages/msgpmessage"
	"github.com/sessiongen/sessiongen/runtime/bench/messages/protomessage"
	"github.com/sessiongen/sessiongen/runtime/bench/visitor"
)

// Codec is one of them. What it marshals is kept as its library would have it, so that
// no conversion is measured.
type Codec struct {
	Name string
	// Of makes the value that Marshal writes.
	Of func(c content.Content) any
	// Marshal returns bytes that nobody else uses.
	Marshal func(value any) ([]byte, error)
	// Unmarshal makes a value that shares no memory with the data.
	Unmarshal func(data []byte) (any, error)
	// Content is the reverse of Of.
	Content func(value any) (content.Content, error)
}

func init() {
	gob.Register(time.Time{})
	gob.Register([]string{})
	gob.Register([]content.Line{})
}

// plain are those whose value is a content.
func plain(name string, marshal func(*content.Content) ([]byte, error), unmarshal func([]byte, *content.Content) error) Codec {
	return Codec{
		Name:    name,
		Of:      func(c content.Content) any { return &c },
		Marshal: func(value any) ([]byte, error) { return marshal(value.(*content.Content)) },
		Unmarshal: func(data []byte) (any, error) {
			c := new(content.Content)
			return c, unmarshal(data, c)
		},
		Content: func(value any) (content.Content, error) { return *value.(*content.Content), nil },
	}
}

// All are the codecs, ours first.
func All() []Codec {
	return []Codec{
		plain("sessiongen", func(c *content.Content) ([]byte, error) { return visitor.Marshal(c), nil }, visitor.Unmarshal),
		plain("limit: wire format by hand", func(c *content.Content) ([]byte, error) { return limit.Marshal(c), nil },
			func(data []byte, c *content.Content) error { return limit.Unmarshal(string(data), c) }),
		{
			Name:    "tinylib/msgp, generated",
			Of:      func(c content.Content) any { return msgpmessage.Of(c) },
			Marshal: func(value any) ([]byte, error) { return value.(*msgpmessage.Message).MarshalMsg(nil) },
			Unmarshal: func(data []byte) (any, error) {
				m := new(msgpmessage.Message)
				rest, err := m.UnmarshalMsg(data)
				if len(rest) > 0 {
					return nil, fmt.Errorf("%d bytes are left", len(rest))
				}
				return m, err
			},
			Content: func(value any) (content.Content, error) { return value.(*msgpmessage.Message).Content(), nil },
		},
		{
			Name:    "protobuf, generated",
			Of:      func(c content.Content) any { return protomessage.Of(c) },
			Marshal: func(value any) ([]byte, error) { return proto.Marshal(value.(*protomessage.Message)) },
			Unmarshal: func(data []byte) (any, error) {
				m := new(protomessage.Message)
				return m, proto.Unmarshal(data, m)
			},
			Content: func(value any) (content.Content, error) { return value.(*protomessage.Message).Content(), nil },
		},
		{
			Name:    "easyjson, generated",
			Of:      func(c content.Content) any { return easymessage.Of(c) },
			Marshal: func(value any) ([]byte, error) { return easyjson.Marshal(value.(*easymessage.Message)) },
			Unmarshal: func(data []byte) (any, error) {
				m := new(easymessage.Message)
				return m, easyjson.Unmarshal(data, m)
			},
			Content: func(value any) (content.Content, error) { return value.(*easymessage.Message).Content(), nil },
		},
		plain("encoding/json", func(c *content.Content) ([]byte, error) { return json.Marshal(c) },
			func(data []byte, c *content.Content) error { return json.Unmarshal(data, c) }),
		{
			Name:    "gob, as scs uses it",
			Of:      func(c content.Content) any { return &stored{content.Sample().LastSeen, Values(c)} },
			Marshal: marshalGob,
			Unmarshal: func(data []byte) (any, error) {
				s := new(stored)
				return s, gob.NewDecoder(bytes.NewReader(data)).Decode(s)
			},
			Content: func(value any) (content.Content, error) { return OfValues(value.(*stored).Values) },
		},
	}
}

// stored is what scs gives to gob.
type stored struct {
	Deadline time.Time
	Values   map[string]any
}

func marshalGob(value any) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(value)
	return b.Bytes(), err
}
