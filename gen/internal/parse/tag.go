package parse

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// text is a string that knows where it comes from: at[i] is the offset of its
// byte i in the source, at[len(s)] that of what follows it. So an error in a
// tag has its own column, however the tag is quoted.
type text struct {
	s  string
	at []int
}

func (t text) slice(from, to int) text { return text{t.s[from:to], t.at[from : to+1]} }

func (t text) start() int { return t.at[0] }

// tagError is what is wrong with a tag, and at which offset of the source.
type tagError struct {
	at      int
	message string
}

func tagErrorf(at int, format string, args ...any) tagError {
	return tagError{at, fmt.Sprintf(format, args...)}
}

// literalText unquotes a string literal of Go source.
func literalText(literal string) (text, bool) {
	at := make([]int, len(literal)+1)
	for i := range at {
		at[i] = i
	}
	return unquote(text{literal, at})
}

// unquote unquotes a Go string, raw or interpreted.
func unquote(quoted text) (text, bool) {
	if len(quoted.s) < 2 || quoted.s[0] != quoted.s[len(quoted.s)-1] {
		return text{}, false
	}
	inner := quoted.slice(1, len(quoted.s)-1)
	switch quoted.s[0] {
	case '`':
		return inner, !strings.Contains(inner.s, "`")
	case '"':
	default:
		return text{}, false
	}
	var plain []byte
	var offsets []int
	for rest := inner.s; rest != ""; {
		at := inner.at[len(inner.s)-len(rest)]
		char, multibyte, tail, err := strconv.UnquoteChar(rest, '"')
		if err != nil || rest[0] == '\n' {
			return text{}, false
		}
		rest = tail
		if char < utf8.RuneSelf || !multibyte {
			plain = append(plain, byte(char))
		} else {
			plain = utf8.AppendRune(plain, char)
		}
		for len(offsets) < len(plain) {
			offsets = append(offsets, at)
		}
	}
	return text{string(plain), append(offsets, inner.at[len(inner.s)])}, true
}

// tagPair is one key:"value" of a struct tag.
type tagPair struct {
	key   string
	at    int
	value text
}

const malformedTag = `struct tag is not a list of key:"value" pairs with a space between them: reflect and go vet would not read it either`

// tagPairs splits a struct tag by the rules of reflect.StructTag, but reports
// what reflect passes over in silence.
func tagPairs(tag text) ([]tagPair, []tagError) {
	var pairs []tagPair
	for pos := 0; ; {
		spaces := len(tag.s[pos:]) - len(strings.TrimLeft(tag.s[pos:], " "))
		if pos+spaces == len(tag.s) {
			return pairs, nil
		}
		if len(pairs) > 0 && spaces == 0 {
			return pairs, []tagError{{tag.at[pos], malformedTag}}
		}
		pos += spaces
		size := strings.IndexFunc(tag.s[pos:], func(r rune) bool { return r <= ' ' || r == ':' || r == '"' || r == 0x7f })
		value := pos + size + 1
		if size <= 0 || !strings.HasPrefix(tag.s[value-1:], `:"`) {
			return pairs, []tagError{{tag.at[pos], malformedTag}}
		}
		end := value + 1
		for end < len(tag.s) && tag.s[end] != '"' {
			if tag.s[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(tag.s) {
			return pairs, []tagError{{tag.at[pos], malformedTag}}
		}
		plain, ok := unquote(tag.slice(value, end+1))
		if !ok {
			return pairs, []tagError{{tag.at[value], malformedTag}}
		}
		key := tag.s[pos : pos+size]
		for _, earlier := range pairs {
			if earlier.key == key {
				return pairs, []tagError{tagErrorf(tag.at[pos], "struct tag has %s twice: merge them into one", key)}
			}
		}
		pairs = append(pairs, tagPair{key, tag.at[pos], plain})
		pos = end + 1
	}
}

// option is an element of a tag's value: key or key=value.
type option struct {
	key      string
	at       int // where the key begins
	value    text
	hasValue bool
}

// tagValue is what stands between the quotes of session:"…" or cookie:"…".
type tagValue struct {
	name    text // empty: none given
	options []option
}

// splitTag splits a tag's value into its name and its options. The first
// element is the name unless it has a "=".
func splitTag(value text) (tagValue, []tagError) {
	var tag tagValue
	var errs []tagError
	for pos, first := 0, true; pos <= len(value.s); first = false {
		size, err := elementSize(value.slice(pos, len(value.s)))
		if err != nil {
			return tag, append(errs, *err)
		}
		element := value.slice(pos, pos+size)
		pos += size + 1

		key, _, hasValue := strings.Cut(element.s, "=")
		switch {
		case first && !hasValue:
			tag.name = element
			continue
		case key == "":
			errs = append(errs, tagErrorf(element.start(), "empty option: remove the comma, or write key or key=value"))
			continue
		}
		o := option{key: key, at: element.start(), hasValue: hasValue}
		if hasValue {
			o.value = unquoteValue(element.slice(len(key)+1, len(element.s)))
			if element.s == key+"=" {
				errs = append(errs, tagErrorf(o.at, "option %s has no value: write %s=value, or remove the option", key, key))
				continue
			}
		}
		tag.options = append(tag.options, o)
	}
	return tag, errs
}

// elementSize is where the first comma outside single quotes is, or the end.
func elementSize(rest text) (int, *tagError) {
	comma := strings.IndexByte(rest.s, ',')
	if comma < 0 {
		comma = len(rest.s)
	}
	quote := strings.IndexByte(rest.s[:comma], '=') + 1
	if quote == 0 || !strings.HasPrefix(rest.s[quote:], "'") {
		return comma, nil
	}
	for pos := quote + 1; pos < len(rest.s); pos++ {
		if rest.s[pos] != '\'' {
			continue
		}
		switch next := pos + 1; {
		case next == len(rest.s) || rest.s[next] == ',':
			return next, nil
		case rest.s[next] == '\'':
			pos++ // two quotes stand for one
		default:
			err := tagErrorf(rest.at[pos], "quoted value continues after its closing quote: write '' for a quote inside it")
			return 0, &err
		}
	}
	err := tagErrorf(rest.at[quote], "quoted value has no end: close it with a single quote")
	return 0, &err
}

// unquoteValue removes the single quotes that keep commas in a value.
func unquoteValue(value text) text {
	if len(value.s) < 2 || value.s[0] != '\'' {
		return value
	}
	inner := value.slice(1, len(value.s)-1)
	var plain []byte
	var offsets []int
	for i := 0; i < len(inner.s); i++ {
		plain = append(plain, inner.s[i])
		offsets = append(offsets, inner.at[i])
		if inner.s[i] == '\'' {
			i++
		}
	}
	return text{string(plain), append(offsets, inner.at[len(inner.s)])}
}
