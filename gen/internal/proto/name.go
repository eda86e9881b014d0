package proto

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// fields are the fields of a message as they are written.
type fields struct {
	body  strings.Builder
	apart bool            // the next field is to stand apart
	taken map[string]bool // names in the scope of the message, and their JSON names in small letters
}

// add writes a field:
//
//	// Visits counts how often the browser came.
//	sint64 visits = 189712; // int
func (p *fields) add(doc, form, name string, number int32, option, note string) {
	isMap := strings.HasPrefix(form, "map<")
	if p.clash(name, isMap) {
		name = fmt.Sprintf("%s_%d", name, number)
	}
	name = freeName(name, func(name string) bool { return p.clash(name, isMap) })
	p.taken[name], p.taken[foldedName(name)] = true, true
	if isMap {
		p.taken[entryName(name)] = true
	}
	if doc != "" || p.apart || p.body.Len() == 0 {
		p.body.WriteByte('\n')
	}
	p.apart = doc != ""
	if note != "" {
		note = " // " + note
	}
	fmt.Fprintf(&p.body, "%s  %s %s = %d%s;%s\n", comment("  ", doc), form, name, number, option, note)
}

// clash reports whether a field of that name would be called as another one is, in
// the message or in JSON. A map also has a hidden message, called after it.
func (p *fields) clash(name string, isMap bool) bool {
	return p.taken[name] || p.taken[foldedName(name)] || isMap && p.taken[entryName(name)]
}

// foldedName is a field's name as in JSON, without regard to capitals. The mark
// keeps it from being taken for a name.
func foldedName(name string) string {
	return "json:" + strings.ToLower(strings.ReplaceAll(name, "_", ""))
}

// entryName is what the hidden message of a map is called: cart_items has
// CartItemsEntry.
func entryName(field string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(field, "_") {
		if word != "" {
			b.WriteString(model.Exported(word))
		}
	}
	return b.String() + "Entry"
}

// identifier is a name as Protocol Buffers allows it: letters of ASCII,
// digits and _. Others become _, or their number.
func identifier(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case r < unicode.MaxASCII:
			b.WriteByte('_')
		default:
			fmt.Fprintf(&b, "u%04x", r)
		}
	}
	identifier := b.String()
	if identifier == "" || unicode.IsDigit(rune(identifier[0])) {
		identifier = "_" + identifier
	}
	return identifier
}

// messageName is the name of a message after a name of Go.
func messageName(name string) string {
	name = strings.TrimLeft(identifier(name), "_")
	if name == "" || unicode.IsDigit(rune(name[0])) {
		name = "Type" + name
	}
	return model.Exported(name)
}

// freeName is the name, with the first number that makes it free.
func freeName(name string, taken func(string) bool) string {
	free := name
	for i := 2; taken(free); i++ {
		free = fmt.Sprintf("%s_%d", name, i)
	}
	return free
}

// comment is a comment with every line after the indentation, "" for no text.
func comment(indent, text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		b.WriteString(strings.TrimRight(indent+"// "+strings.TrimRight(line, "\r\n"), " ") + "\n")
	}
	return b.String()
}
