package lock

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// line is what the lock says of one thing that sessions or browsers keep. Its path names it:
//
//	visitor              a schema, by its session cookie
//	visitor.cart[].sku   a key, of a session or of what is in its value
//	visitor.role=Editor  a declared constant of the values at a key
//	visitor/prefs        a signed or encrypted cookie
type line struct {
	path string
	form string // session, the wire type, json, const, or the cookie's protection
	kind string // the cookie of a session, or the value of a constant

	traits string // principal index, for example
	was    string // the key under which the values are, or the cookie's earlier name
	gone   bool   // no field has it any more
	broken bool   // -break has given up values from before
	file   string // that has the line, as seen from the package, if it is that of another one
	number int    // of the line; 0: a new one
}

// The forms that are no wire types.
const (
	formSession  = "session"
	formJSON     = "json"
	formConstant = "const"
)

func (l line) String() string {
	text := l.path + " " + l.form + " " + l.kind
	if l.traits != "" {
		text += " " + l.traits
	}
	if l.was != "" {
		text += " was=" + l.was
	}
	if l.gone {
		text += " gone"
	}
	if l.broken {
		text += " broken"
	}
	return text
}

// has reports whether a line has a trait.
func (l line) has(trait string) bool { return slices.Contains(strings.Fields(l.traits), trait) }

// isGivenUp reports whether nothing is expected of the values at a path any more.
func (l line) isGivenUp() bool { return l.gone && l.broken }

// schema is the name of the schema that a line is about.
func (l line) schema() string { return l.path[:schemaEnd(l.path)] }

func schemaEnd(path string) int {
	if end := strings.IndexAny(path, separators); end >= 0 {
		return end
	}
	return len(path)
}

// at is how errors speak of a line.
func (l line) at() string {
	return fmt.Sprintf("%s:%d", cmp.Or(l.file, Name), l.number)
}

// traits are the words that may stand behind a kind, in their order.
var traits = []string{"principal", "renew", "index", "secret"}

func traitsOf(f *model.Field) string {
	var words []string
	for i, on := range []bool{f.Principal, f.Renew, f.Index, f.Secret} {
		if on {
			words = append(words, traits[i])
		}
	}
	return strings.Join(words, " ")
}

func parseLine(text string) (l line, ok bool) {
	at, end := scanPath(text)
	l.path = text[:end]
	rest := strings.TrimSpace(text[end:])
	l.form, rest, _ = strings.Cut(rest, " ")
	l.kind = strings.TrimSpace(rest)
	if quoted, err := strconv.QuotedPrefix(l.kind); err == nil {
		l.kind, rest = quoted, l.kind[len(quoted):]
	} else {
		l.kind, rest, _ = strings.Cut(l.kind, " ")
	}
	if l.kind == "" || at == 0 && l.form != formSession {
		return l, false
	}
	for _, word := range strings.Fields(rest) {
		was, found := strings.CutPrefix(word, "was=")
		switch {
		case found:
			l.was = was
		case word == "gone":
			l.gone = true
		case word == "broken":
			l.broken = true
		case slices.Contains(traits, word):
			l.traits = strings.TrimSpace(l.traits + " " + word)
		default:
			return l, false
		}
	}
	return l, true
}

// separators begin the last name of a path: a key, a cookie, or a constant.
const separators = "./="

// scanPath is where the path that begins a line ends, and where its last separator is. Names
// may be in quotes.
func scanPath(text string) (at, end int) {
	for end = 0; end < len(text); end++ {
		switch text[end] {
		case ' ', '\t':
			return at, end
		case '.', '/', '=':
			at = end
		case '"':
			quoted, err := strconv.QuotedPrefix(text[end:])
			if err != nil {
				return 0, len(text)
			}
			end += len(quoted) - 1
		}
	}
	return at, end
}

// name is a key or cookie as a part of a path, in quotes if it would not end where it ends.
func name(of string) string {
	if model.ValidKey(of) && !strings.Contains(of, ".") {
		return of
	}
	return strconv.Quote(of)
}

// The paths of what is at another path.
func pathOf(of, key string) string            { return of + "." + name(key) }
func cookiePath(schema, cookie string) string { return schema + "/" + name(cookie) }
func constantPath(of, constant string) string { return of + "=" + constant }

// parentPath is the path that has the last name of path.
func parentPath(path string) string {
	at, _ := scanPath(path)
	return path[:at]
}

// nameOf is the last name of a path.
func nameOf(path string) string {
	at, _ := scanPath(path)
	last := path[at+1:]
	if plain, err := strconv.Unquote(last); err == nil {
		return plain
	}
	return last
}

// separatorOf is what precedes the last name of a path; 0: the path is that of a schema.
func separatorOf(path string) byte {
	if at, _ := scanPath(path); at > 0 {
		return path[at]
	}
	return 0
}

// inside reports whether path is that of of or of something in its value.
func inside(path, of string) bool {
	rest, found := strings.CutPrefix(path, of)
	return found && (rest == "" || strings.IndexByte(separators+"[", rest[0]) >= 0)
}

// moved is a path with another name of its schema.
func moved(path, to string) string { return to + path[schemaEnd(path):] }
