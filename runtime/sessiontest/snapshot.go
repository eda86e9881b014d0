package sessiontest

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/aside"
)

// snapshot is the state of a session that a request finds.
type snapshot struct {
	known  bool // there is a session
	id     runtime.ID
	fields map[string]any // the fields that are set, by accessor
	order  []string       // all accessors
}

// look takes a snapshot of what a request would find. A [Store] does not count its calls, and it
// causes no events.
func look[T any](t testing.TB, visitors Manager[T], r *http.Request) (snapshot, *T) {
	t.Helper()
	quiet := r.Clone(aside.With(r.Context()))
	load := func() *T {
		v, err := visitors.Load(httptest.NewRecorder(), quiet)
		if err != nil {
			t.Fatalf("sessiontest: looking at the session: %v", err)
		}
		return v
	}
	v := load()
	var s snapshot
	if session, ok := any(v).(interface{ Info() runtime.Info }); ok {
		info := session.Info()
		s.known, s.id = !info.New, info.ID
	}
	s.order, s.fields = accessors(v), setFields(v)
	s.hideSecrets(func() any { return load() })
	return s, v
}

// accessors returns the names of the accessors of a session's fields and cookies, in
// alphabetical order.
func accessors(session any) (names []string) {
	value := reflect.ValueOf(session)
	for i := range value.NumMethod() {
		name, found := strings.CutPrefix(value.Type().Method(i).Name, "Has")
		get := value.MethodByName(name)
		if found && get.IsValid() && get.Type().NumIn() == 0 && get.Type().NumOut() == 1 {
			names = append(names, name)
		}
	}
	return names
}

// setFields returns the values that are set, by accessor.
func setFields(session any) map[string]any {
	value, fields := reflect.ValueOf(session), map[string]any{}
	for _, name := range accessors(session) {
		if value.MethodByName("Has" + name).Call(nil)[0].Bool() {
			fields[name] = value.MethodByName(name).Call(nil)[0].Interface()
		}
	}
	return fields
}

// changes returns the accessors of the fields that differ, in alphabetical order, and texts that
// describe the differences.
func (s snapshot) changes(after snapshot) (names []string, how []string) {
	for _, name := range after.order {
		was, had := s.fields[name]
		is, has := after.fields[name]
		if had == has && reflect.DeepEqual(was, is) {
			continue
		}
		names = append(names, name)
		before, now := described(was, is)
		if !had {
			before = "unset"
		}
		if !has {
			now = "unset"
		}
		how = append(how, name+": "+before+" → "+now)
	}
	return names, how
}
