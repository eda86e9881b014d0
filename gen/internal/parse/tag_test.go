package parse

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// sourceOf is the piece of source that a text says it is from, one character for
// each byte unless escapes stand there.
func sourceOf(literal string, t text) string { return literal[t.at[0]:t.at[len(t.s)]] }

func TestTagPairsKeepTheirOffsets(t *testing.T) {
	for _, test := range []struct{ literal, key, value, source string }{
		{"`session:\"user_id\"`", "session", "user_id", "user_id"},
		{"`json:\"a\"  session:\"b\"`", "session", "b", "b"},
		{`"session:\"b\""`, "session", "b", "b"},
		{"`session:\"\\u00e4,x\"`", "session", "ä,x", `\u00e4,x`},
		{`"session:\"\\u00e4,x\""`, "session", "ä,x", `\\u00e4,x`},
		{"`session:\"a\\\"b\"`", "session", `a"b`, `a\"b`},
		{`"\x73ession:\"\\x61\""`, "session", "a", `\\x61`},
		{"`session:\"\"`", "session", "", ""},
		{"`session:\"\\xff\"`", "session", "\xff", `\xff`},
	} {
		content, ok := literalText(test.literal)
		if !ok {
			t.Errorf("%s: not a literal", test.literal)
			continue
		}
		pairs, errs := tagPairs(content)
		if len(errs) > 0 || len(pairs) == 0 {
			t.Errorf("%s: pairs %v, errors %v", test.literal, pairs, errs)
			continue
		}
		last := pairs[len(pairs)-1]
		if last.key != test.key || last.value.s != test.value {
			t.Errorf("%s: got %s:%q, want %s:%q", test.literal, last.key, last.value.s, test.key, test.value)
		}
		if got := sourceOf(test.literal, last.value); got != test.source {
			t.Errorf("%s: the value is said to stand at %q, want %q", test.literal, got, test.source)
		}
	}
}

func TestSplitTag(t *testing.T) {
	for _, test := range []struct{ value, want string }{
		{"", ""},
		{"user_id", "user_id"},
		{"user_id,principal", "user_id principal"},
		{",principal", " principal"},
		{"default=3", " default=3"},
		{"a,default='x,y',secret", "a default=x,y secret"},
		{"a,default='it''s'", "a default=it's"},
		{"a,default=it's", "a default=it's"},
		{"a,default='a=b'", "a default=a=b"},
		{"a,default=a=b", "a default=a=b"},
		{"a,default=''", "a default="},
		{"default='a,b'", " default=a,b"},
		{"'a',x", "'a' x"},
	} {
		tag, errs := splitTag(plainText(test.value))
		if len(errs) > 0 {
			t.Errorf("%q: %v", test.value, errs)
		}
		if got := describe(tag); got != test.want {
			t.Errorf("%q: got %q, want %q", test.value, got, test.want)
		}
	}
}

func TestSplitTagReportsEveryError(t *testing.T) {
	_, errs := splitTag(plainText("a,,b=,default='x"))
	var at []int
	for _, err := range errs {
		at = append(at, err.at)
	}
	if want := []int{2, 3, 14}; !reflect.DeepEqual(at, want) {
		t.Errorf("errors at %v, want %v: %v", at, want, errs)
	}
}

// plainText is a text that is its own source.
func plainText(s string) text {
	at := make([]int, len(s)+1)
	for i := range at {
		at[i] = i
	}
	return text{s, at}
}

func describe(tag tagValue) string {
	var b strings.Builder
	b.WriteString(tag.name.s)
	for _, o := range tag.options {
		b.WriteString(" " + o.key)
		if o.hasValue {
			b.WriteString("=" + o.value.s)
		}
	}
	return b.String()
}

// FuzzTag reads any literal as a struct tag. What reflect reads is read alike,
// every offset is in the source, and what was read can be written and read again.
func FuzzTag(f *testing.F) {
	for _, seed := range []string{
		"`session:\"user_id,principal\"`",
		"`session:\"a,default='x,y'\" cookie:\"b,path=/,max-age=1d12h\"`",
		`"session:\"\\u00e4,x=\\\"\""`,
		"`json:\"a,omitempty\" session:\"-\"`",
		"`session:\"a,default='it''s'\"`",
		"`session:\"a\"cookie:\"b\"`",
		"\"session:\\\"\\xff\\\"\"",
		"``",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, literal string) {
		if strings.Contains(literal, "\r") {
			return // Go's scanner removes them
		}
		content, ok := literalText(literal)
		if unquoted, err := strconv.Unquote(literal); ok != (err == nil && literal[0] != '\'') || ok && unquoted != content.s {
			t.Fatalf("unquoted to %q, %v; strconv has %q, %v", content.s, ok, unquoted, err)
		}
		if !ok {
			return
		}
		pairs, errs := tagPairs(content)
		checkErrors(t, literal, errs)
		for _, pair := range pairs {
			if value, found := reflect.StructTag(content.s).Lookup(pair.key); !found || value != pair.value.s {
				t.Fatalf("%s is %q, and %q, %v by reflect", pair.key, pair.value.s, value, found)
			}
			checkText(t, literal, pair.value)
			tag, errs := splitTag(pair.value)
			checkErrors(t, literal, errs)
			checkText(t, literal, tag.name)
			for _, o := range tag.options {
				if o.hasValue {
					checkText(t, literal, o.value)
				}
			}
			if len(errs) > 0 {
				continue
			}
			again, errs := splitTag(plainText(written(tag)))
			if len(errs) > 0 || describe(again) != describe(tag) {
				t.Fatalf("%q was read as %q, written as %q and read as %q, %v", pair.value.s, describe(tag), written(tag), describe(again), errs)
			}
		}
	})
}

// written is a tag's value with all option values in quotes.
func written(tag tagValue) string {
	elements := []string{tag.name.s}
	for _, o := range tag.options {
		if o.hasValue {
			elements = append(elements, fmt.Sprintf("%s='%s'", o.key, strings.ReplaceAll(o.value.s, "'", "''")))
		} else {
			elements = append(elements, o.key)
		}
	}
	return strings.Join(elements, ",")
}

func checkText(t *testing.T, literal string, part text) {
	t.Helper()
	if len(part.at) == 0 && part.s == "" {
		return // a name that is not there
	}
	if len(part.at) != len(part.s)+1 {
		t.Fatalf("%q has %d offsets", part.s, len(part.at))
	}
	for i, at := range part.at {
		if at < 0 || at >= len(literal) || i > 0 && at < part.at[i-1] {
			t.Fatalf("%q of %q has offsets %v", part.s, literal, part.at)
		}
	}
}

func checkErrors(t *testing.T, literal string, errs []tagError) {
	t.Helper()
	for _, err := range errs {
		if err.at < 0 || err.at >= len(literal) || err.message == "" {
			t.Fatalf("error %q at %d of %q", err.message, err.at, literal)
		}
	}
}
