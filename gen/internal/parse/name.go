package parse

import (
	"strings"
	"unicode"
)

// snakeCase is a field's name as keys and cookies are usually written: UserID is
// user_id, SKU is sku, UserIDs is user_ids and OAuth2Token is oauth2_token.
func snakeCase(name string) string {
	name = strings.ReplaceAll(name, "OAuth", "Oauth")
	runes := []rune(name)
	var b strings.Builder
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && startsWord(runes, i) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// startsWord reports whether the capital at i begins a word: it follows something
// else than a capital, or is the last of several and followed by small letters,
// except for the s of a plural.
func startsWord(runes []rune, i int) bool {
	if runes[i-1] == '_' {
		return false
	}
	if !unicode.IsUpper(runes[i-1]) {
		return true
	}
	if i+1 == len(runes) || !unicode.IsLower(runes[i+1]) {
		return false
	}
	plural := runes[i+1] == 's' && (i+2 == len(runes) || !unicode.IsLower(runes[i+2]))
	return !plural
}

// typeName is the name of the session type of an unexported schema: visitor
// gives Visitor. It is empty if there is none.
func typeName(schema string) string {
	runes := []rune(schema)
	runes[0] = unicode.ToUpper(runes[0])
	if !unicode.IsUpper(runes[0]) {
		return ""
	}
	return string(runes)
}
