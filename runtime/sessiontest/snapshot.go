package sessiontest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
)

// snapshot is what a request finds of a session.
type snapshot struct {
	known  bool // there is a session
	id     runtime.ID
	fields map[string]any // by accessor; those that are set
	order  []string       // of all accessors
}

// look takes a snapshot of what a request would find. It leaves no trace in a [Store].
func look[T any](t testing.TB, visitors Manager[T], r *http.Request) (snapshot, *T) {
	t.Helper()
	v, err := visitors.Load(httptest.NewRecorder(), r.Clone(aside(r.Context())))
	if err != nil {
		t.Fatalf("sessiontest: looking at the session: %v", err)
	}
	s := snapshot{fields: map[string]any{}}
	if session, ok := any(v).(interface{ Info() runtime.Info }); ok {
		info := session.Info()
		s.known, s.id = !info.New, info.ID
	}
	value := reflect.ValueOf(v)
	for i := range value.NumMethod() {
		name, found := strings.CutPrefix(value.Type().Method(i).Name, "Has")
		get := value.MethodByName(name)
		if !found || !get.IsValid() || get.Type().NumIn() != 0 || get.Type().NumOut() != 1 {
			continue
		}
		s.order = append(s.order, name)
		if value.Method(i).Call(nil)[0].Bool() {
			s.fields[name] = get.Call(nil)[0].Interface()
		}
	}
	return s, v
}

// changes are the accessors of the fields that differ, in the order of their names, with
// what differs.
func (s snapshot) changes(after snapshot) (names []string, how []string) {
	for _, name := range after.order {
		was, had := s.fields[name]
		is, has := after.fields[name]
		if had == has && reflect.DeepEqual(was, is) {
			continue
		}
		names = append(names, name)
		how = append(how, fmt.Sprintf("%s: %s → %s", name, describe(was, had), describe(is, has)))
	}
	return names, how
}

func describe(value any, set bool) string {
	if !set {
		return "unset"
	}
	text := fmt.Sprintf("%#v", value)
	if stringer, ok := value.(fmt.Stringer); ok {
		text = stringer.String()
	}
	const most = 120
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}
