package migrate

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/sessiongen/sessiongen/gen"
)

// initialisms are words that Go writes in capitals.
var initialisms = []string{"API", "CSRF", "CSS", "DB", "HTML", "HTTP", "HTTPS", "ID", "IDS", "IP", "JSON", "JWT", "MFA", "OTP", "SKU", "SQL", "TOTP", "UI", "UID", "URI", "URL", "UUID", "XML"}

// fieldName is a key as an exported name: user_id and userID are UserID.
func fieldName(key string) string {
	var b strings.Builder
	for _, word := range words(key) {
		upper := strings.ToUpper(word)
		switch {
		case upper == "IDS":
			b.WriteString("IDs")
		case slices.Contains(initialisms, upper):
			b.WriteString(upper)
		default:
			runes := []rune(word)
			runes[0] = unicode.ToUpper(runes[0])
			b.WriteString(string(runes))
		}
	}
	name := b.String()
	if key == defaultFlash {
		name = "Flashes"
	}
	if name == "" || !unicode.IsUpper([]rune(name)[0]) {
		name = "Value" + name
	}
	if slices.Contains(reserved, name) {
		name += "Value"
	}
	return name
}

// reserved are the methods that every session has, and the one by which fmt would print it.
var reserved = append(gen.SessionMethods(), "String")

// words splits a key at what is no letter or digit, and before capitals that follow
// small letters.
func words(key string) []string {
	var list []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			list = append(list, string(word))
			word = nil
		}
	}
	var last rune
	for _, r := range key {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			last = 0
			continue
		case unicode.IsUpper(r) && unicode.IsLower(last):
			flush()
		}
		word = append(word, r)
		last = r
	}
	flush()
	return list
}

// unusedName is name, with a number if another key has it already.
func unusedName(name string, taken map[string]bool) string {
	unused := name
	for i := 2; taken[unused]; i++ {
		unused = fmt.Sprint(name, i)
	}
	taken[unused] = true
	return unused
}

// validKey reports whether a tag can have this key.
func validKey(key string) bool {
	for i, r := range key {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || r != '-' && r != '.' && !unicode.IsDigit(r)) {
			return false
		}
	}
	return key != "" && !slices.Contains(tagOptions, strings.ToLower(key))
}

// tagOptions are words that a tag takes for an option.
var tagOptions = []string{"principal", "renew", "index", "flash", "secret", "default", "was", "json", "lossy"}

// tagKey is a key for a field whose old one no tag can have.
func tagKey(name string) string {
	key := strings.ToLower(strings.Join(words(name), "_"))
	if !validKey(key) {
		key += "_value"
	}
	return key
}

// exported is a schema's name as that of its type.
func exported(name string) string {
	runes := []rune(name)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}
