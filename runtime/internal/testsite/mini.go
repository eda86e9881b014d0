package testsite

import (
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	runtimecookie "github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Mini is a session type written by hand: a principal, a note and a count, whose
// codec a test may change.
type Mini struct {
	Session engine.Session
	fields  [3]engine.FieldState
	User    int64
	Note    string
	Count   int
	broken  func(call string, field int)
}

const (
	MiniUser = iota
	MiniNote
	MiniCount
)

var MiniNumbers = [...]int32{MiniUser: wire.FieldNumber("user_id"), MiniNote: wire.FieldNumber("note"), MiniCount: wire.FieldNumber("visits")}

func (m *Mini) call(name string, field int) {
	if m.broken != nil {
		m.broken(name, field)
	}
}
func (m *Mini) Holds(int) bool { return true }
func (m *Mini) Append(b []byte, field int) []byte {
	m.call("append", field)
	switch field {
	case MiniUser:
		return wire.AppendInt(b, MiniNumbers[field], m.User)
	case MiniNote:
		return wire.AppendString(b, MiniNumbers[field], m.Note)
	}
	return wire.AppendInt(b, MiniNumbers[field], int64(m.Count))
}
func (m *Mini) Consume(field int, r *wire.Reader) {
	m.call("consume", field)
	for r.Next() {
		switch field {
		case MiniUser:
			m.User = wire.ReadInt[int64](r)
		case MiniNote:
			m.Note = r.String()
		case MiniCount:
			m.Count = wire.ReadInt[int](r)
		}
	}
}
func (m *Mini) Reset(field int) {
	switch field {
	case MiniUser:
		m.User = 0
	case MiniNote:
		m.Note = ""
	case MiniCount:
		m.Count = 0
	}
}
func (m *Mini) Value(field int) any { return [...]any{m.User, m.Note, m.Count}[field] }

func MiniSchema(cookie string, broken func(call string, field int)) *engine.Schema {
	return &engine.Schema{
		Name: "mini", Type: "Mini", Idle: 30 * time.Minute, Lifetime: 12 * time.Hour,
		Cookie: runtimecookie.Options{Name: cookie, Path: "/", Secure: true, HTTPOnly: true},
		Fields: []engine.Field{
			MiniUser:  {Key: "user_id", Number: MiniNumbers[MiniUser], Traits: engine.Principal},
			MiniNote:  {Key: "note", Number: MiniNumbers[MiniNote]},
			MiniCount: {Key: "visits", Number: MiniNumbers[MiniCount]},
		},
		New: func() *engine.Session {
			m := &Mini{broken: broken}
			return m.Session.Bind(m, m, m.fields[:], nil)
		},
	}
}

func NewMini(t testing.TB, s *Site, schema *engine.Schema, options ...runtime.Option) *engine.Manager {
	t.Helper()
	m, err := engine.NewManager(schema, s.Store, append([]runtime.Option{runtime.WithClock(s.Clock.Now), runtime.WithEvents(s.Record)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func MiniFrom(r *http.Request) *Mini {
	m, _ := engine.Lookup[Mini](r.Context())
	return m
}
