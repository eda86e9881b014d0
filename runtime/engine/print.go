package engine

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"unicode"

	"github.com/sessiongen/sessiongen/runtime"
)

// redacted replaces the value of a secret field.
const redacted = "[redacted]"

// untold replaces the error of a type that refuses a secret value.
const untold = "the reason is withheld because it may reveal the secret value"

// shown is a field to be printed.
type shown struct {
	key   string
	value any
}

// show returns the fields that are set, with secrets redacted. The values are copies: other
// goroutines may change the session while the values are printed.
func (s *Session) show() (id runtime.ID, fields, cookies []shown) {
	s.lock()
	defer s.unlock()
	copied := s.manager.schema.New()
	for i, f := range s.manager.schema.Fields {
		s.decode(i)
		if s.fields[i].state&present == 0 {
			continue
		}
		value := any(redacted)
		if f.Traits&Secret == 0 {
			var err error
			if value, err = s.copyInto(copied, i); err != nil {
				value = "[" + err.Error() + "]"
			}
		}
		fields = append(fields, shown{f.Key, value})
	}
	for i, descriptor := range s.manager.schema.Cookies {
		value, found := descriptor.show(s, &s.cookies[i])
		if !found {
			continue
		}
		if descriptor.options().Secret {
			value = redacted
		}
		cookies = append(cookies, shown{descriptor.options().Name, value})
	}
	return s.token.id, fields, cookies
}

func (s *Session) copyInto(copied *Session, field int) (any, error) {
	encoded, err := appendOf(s.codec, nil, field)
	if err != nil {
		return nil, err
	}
	copied.codec.Reset(field)
	copied.reader.Reset(string(encoded))
	copied.codec.Consume(field, &copied.reader)
	return copied.codec.Value(field), nil
}

// Format prints the fields that are set, with secrets redacted, whatever the verb.
func (s *Session) Format(state fmt.State, _ rune) {
	id, fields, cookies := s.show()
	fmt.Fprint(state, s.manager.schema.Type, "{")
	separator := ""
	if id != (runtime.ID{}) {
		fmt.Fprint(state, "id: ", id)
		separator = ", "
	}
	for _, f := range fields {
		fmt.Fprint(state, separator, f.key, ": ", onOneLine(f.value))
		separator = ", "
	}
	for _, c := range cookies {
		fmt.Fprint(state, separator, "cookie ", c.key, ": ", onOneLine(c.value))
		separator = ", "
	}
	fmt.Fprint(state, "}")
}

// onOneLine formats a value, in quotes if it contains characters that could forge a line of a
// log or move the cursor of a terminal.
func onOneLine(value any) string {
	text := fmt.Sprint(value)
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

// LogValue returns a group of the fields that are set, with secrets redacted.
func (s *Session) LogValue() slog.Value {
	id, fields, cookies := s.show()
	var attributes []slog.Attr
	if id != (runtime.ID{}) {
		attributes = append(attributes, slog.String("id", id.String()))
	}
	for _, f := range fields {
		attributes = append(attributes, slog.Any(f.key, f.value))
	}
	var group []any
	for _, c := range cookies {
		group = append(group, slog.Any(c.key, c.value))
	}
	if group != nil {
		attributes = append(attributes, slog.Group("cookies", group...))
	}
	return slog.GroupValue(attributes...)
}

// MarshalJSON returns an object of the fields that are set, with secrets redacted.
func (s *Session) MarshalJSON() ([]byte, error) {
	id, fields, cookies := s.show()
	object := struct {
		ID      string         `json:"id,omitempty"`
		Fields  map[string]any `json:"fields,omitempty"`
		Cookies map[string]any `json:"cookies,omitempty"`
	}{Fields: map[string]any{}, Cookies: map[string]any{}}
	if id != (runtime.ID{}) {
		object.ID = id.String()
	}
	for _, f := range fields {
		object.Fields[f.key] = inJSON(f.value)
	}
	for _, c := range cookies {
		object.Cookies[c.key] = inJSON(c.value)
	}
	return json.Marshal(object)
}

// inJSON returns a value, or its text if JSON cannot represent it, such as complex numbers and
// NaN: one field must not hide the others.
func inJSON(value any) any {
	if text, err := json.Marshal(value); err == nil {
		return json.RawMessage(text)
	}
	return fmt.Sprint(value)
}
