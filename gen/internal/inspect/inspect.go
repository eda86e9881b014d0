package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Inspector shows the records of one schema, as they are kept in a store, to people.
type Inspector struct {
	schema *model.Schema
}

// New is the inspector of a schema.
func New(schema *model.Schema) *Inspector { return &Inspector{schema} }

// Schema is the schema's name, such as visitor.
func (i *Inspector) Schema() string { return i.schema.Name }

// Cookie is the name of the session cookie.
func (i *Inspector) Cookie() string { return i.schema.Cookie.Name }

// Inspect returns a record as indented JSON: what the runtime keeps about the session,
// the fields by their keys in the order of the struct, and what of other programs is
// in between. Keys and revisions are left out, and fields tagged secret say "[redacted]",
// unless secrets is true: then fields are shown, and keys still are not. A field that
// cannot be read says why; only what is no record at all is an error.
func (i *Inspector) Inspect(stored []byte, secrets bool) ([]byte, error) {
	all, err := wireEntries(string(stored))
	if err != nil {
		return nil, fmt.Errorf("not a record: %w", err)
	}
	byNumber := map[int32][]wire.Raw{}
	for _, e := range all {
		byNumber[e.Number] = append(byNumber[e.Number], e)
	}
	var out ordered
	out.add("schema", i.schema.Name)
	out.add("session", i.session(byNumber))
	var fields, unknown ordered
	for _, f := range i.schema.Fields {
		entries := byNumber[f.Number]
		delete(byNumber, f.Number)
		switch {
		case len(entries) == 0:
		case f.Secret && !secrets:
			fields.add(f.Key, "[redacted]")
		default:
			value, err := fieldValue(f.Type, entries)
			if err != nil {
				value = "cannot be read: " + err.Error()
			}
			fields.add(f.Key, value)
		}
	}
	out.add("fields", fields)
	for _, e := range all {
		if e.Number <= wire.LastOwnNumber || byNumber[e.Number] == nil {
			continue
		}
		size := 0
		for _, entry := range byNumber[e.Number] {
			size += entry.Size
		}
		unknown.add(fmt.Sprint(e.Number), fmt.Sprintf("%d bytes", size))
		delete(byNumber, e.Number)
	}
	if unknown != nil {
		out.add("unknown", unknown)
	}
	compact, err := plainJSON(out)
	if err != nil {
		return nil, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, compact, "", "\t"); err != nil {
		return nil, err
	}
	return escapeUnprintable(indented.Bytes()), nil
}

// escapeUnprintable escapes characters that package json leaves as they are and that change
// what a terminal or an editor shows: the controls U+0080 to U+009F, and those of the text's
// direction, for instance. Visitors choose what a session keeps.
func escapeUnprintable(encoded []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(encoded) {
		if r < utf8.RuneSelf || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.Bytes()
}

// plainJSON is json.Marshal and a new line, with "<" left as it is: nothing of this is
// put into a page.
func plainJSON(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return b.Bytes(), err
}

// session is what the runtime keeps about a session, but for keys and revisions.
func (i *Inspector) session(own map[int32][]wire.Raw) (session ordered) {
	moment := func(name string, number int32) {
		if e, ok := last(own[number]); ok && e.Value != 0 && e.Value <= math.MaxInt64 {
			session.add(name, time.UnixMilli(int64(e.Value)).UTC().Format(time.RFC3339Nano))
		}
	}
	text := func(name string, number int32) {
		if e, ok := last(own[number]); ok {
			session.add(name, string(e.Bytes))
		}
	}
	moment("created", record.OwnCreated)
	moment("authenticated_at", record.OwnAuthenticated)
	moment("written", record.OwnWritten)
	if e, ok := last(own[record.OwnRemember]); ok && e.Value != 0 {
		session.add("remember", true)
	}
	text("user_agent", record.OwnUserAgent)
	text("address", record.OwnAddress)
	if e, ok := last(own[record.OwnEpoch]); ok {
		session.add("changes_of_privilege", e.Value)
	}
	if e, ok := last(own[record.OwnKeys]); ok && len(e.Bytes) > record.KeyLength {
		session.add("replaced_secrets", len(e.Bytes)/record.KeyLength-1)
	}
	if e, ok := last(own[record.OwnHistory]); ok {
		session.add("remembered_revisions", len(e.Bytes)/len(runtime.Rev{}))
	}
	var flashes []string
	for _, e := range own[record.OwnFlash] {
		if number, n := uvarint(e.Bytes); n > 0 {
			at := slices.IndexFunc(i.schema.Fields, func(f *model.Field) bool { return uint64(f.Number) == number })
			if at >= 0 {
				flashes = append(flashes, i.schema.Fields[at].Key)
			}
		}
	}
	if flashes != nil {
		session.add("flashes", flashes)
	}
	return session
}

// ordered is a JSON object whose members stand in order.
type ordered []member

type member struct {
	name  string
	value any
}

func (o *ordered) add(name string, value any) { *o = append(*o, member{name, value}) }

// MarshalJSON implements json.Marshaler.
func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := plainJSON(m.name)
		if err != nil {
			return nil, err
		}
		value, err := plainJSON(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
