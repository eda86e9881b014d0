package engine_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	runtimecookie "github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// mini is a session type written by hand: a principal, a note and a count, whose
// codec a test may change.
type mini struct {
	session engine.Session
	fields  [3]engine.FieldState
	user    int64
	note    string
	count   int
	broken  func(call string, field int)
}

const (
	miniUser = iota
	miniNote
	miniCount
)

var miniNumbers = [...]int32{miniUser: wire.FieldNumber("user_id"), miniNote: wire.FieldNumber("note"), miniCount: wire.FieldNumber("visits")}

func (m *mini) call(name string, field int) {
	if m.broken != nil {
		m.broken(name, field)
	}
}
func (m *mini) Size(field int) int { return len(m.Append(nil, field)) }
func (m *mini) Append(b []byte, field int) []byte {
	m.call("append", field)
	switch field {
	case miniUser:
		return wire.AppendInt(b, miniNumbers[field], m.user)
	case miniNote:
		return wire.AppendString(b, miniNumbers[field], m.note)
	}
	return wire.AppendInt(b, miniNumbers[field], int64(m.count))
}
func (m *mini) Consume(field int, r *wire.Reader) {
	m.call("consume", field)
	for r.Next() {
		switch field {
		case miniUser:
			m.user = wire.ReadInt[int64](r)
		case miniNote:
			m.note = r.String()
		case miniCount:
			m.count = wire.ReadInt[int](r)
		}
	}
}
func (m *mini) Reset(field int) {
	switch field {
	case miniUser:
		m.user = 0
	case miniNote:
		m.note = ""
	case miniCount:
		m.count = 0
	}
}
func (m *mini) Value(field int) any { return [...]any{m.user, m.note, m.count}[field] }

func miniSchema(cookie string, broken func(call string, field int)) *engine.Schema {
	return &engine.Schema{
		Name: "mini", Type: "Mini", Idle: 30 * time.Minute, Lifetime: 12 * time.Hour,
		Cookie: runtimecookie.Options{Name: cookie, Path: "/", Secure: true, HTTPOnly: true},
		Fields: []engine.Field{
			miniUser:  {Key: "user_id", Number: miniNumbers[miniUser], Traits: engine.Principal},
			miniNote:  {Key: "note", Number: miniNumbers[miniNote]},
			miniCount: {Key: "visits", Number: miniNumbers[miniCount]},
		},
		New: func() *engine.Session {
			m := &mini{broken: broken}
			return m.session.Bind(m, m, m.fields[:], nil)
		},
	}
}

func newMini(t testing.TB, s *site, schema *engine.Schema, options ...runtime.Option) *engine.Manager {
	t.Helper()
	m, err := engine.NewManager(schema, s.store, append([]runtime.Option{runtime.WithClock(s.clock.Now), runtime.WithEvents(s.record)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func miniFrom(r *http.Request) *mini {
	m, _ := engine.Lookup[mini](r.Context())
	return m
}
