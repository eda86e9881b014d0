package parse

import (
	"go/ast"
	"slices"
)

// Retag is the tag, as a Go literal, that keeps the values of a field when the field is called to
// instead of from. A key that the tag gives stays as it is. A key that follows from the field's
// name becomes was=, or is written into the tag if pin is set. A cookie's name is always written:
// scripts and the program before the change look for the cookie by it.
func Retag(field *ast.Field, from, to string, pin bool) string {
	literal := field.Tag.Value
	value, isCookie := keyedValue(literal)
	tag, _ := splitTag(value)
	old, now := snakeCase(from), snakeCase(to)
	was := slices.IndexFunc(tag.options, func(o option) bool { return o.key == "was" })
	insert := func(at int, text string) string { return literal[:at] + text + literal[at:] }
	switch {
	case tag.name.s != "" || old == now:
		return literal
	case pin || isCookie:
		if value.s != "" && value.s[0] != ',' {
			old += ","
		}
		return insert(value.start(), old)
	case was < 0 && value.s == "":
		return insert(value.start(), "was="+old)
	case was < 0:
		return insert(value.at[len(value.s)], ",was="+old)
	case tag.options[was].value.s == now:
		return withoutOption(literal, value, tag.options[was]) // the field has its first name again
	}
	return literal // the first name gives the number
}

// keyedValue is the value of the tag's pair that gives the key or the cookie's name.
func keyedValue(literal string) (value text, isCookie bool) {
	content, _ := literalText(literal)
	pairs, _ := tagPairs(content)
	for _, pair := range pairs {
		if pair.key == "session" || pair.key == "cookie" {
			return pair.value, pair.key == "cookie"
		}
	}
	return text{at: []int{0}}, false
}

// withoutOption is a tag's literal without one option of a value in it, and the comma before it. The
// comma after the first one stays: what follows would be taken for the name.
func withoutOption(literal string, value text, o option) string {
	from, to := o.at, o.value.at[len(o.value.s)]
	if literal[to] == '\'' {
		to++
	}
	if from > value.start() {
		from--
	}
	return literal[:from] + literal[to:]
}
