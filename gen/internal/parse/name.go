package parse

import (
	"strings"
	"unicode"
)

// oneWord are names that are read as one word, though not all of their letters are capitals.
var oneWord = strings.NewReplacer("OAuth", "Oauth", "IPv4", "Ipv4", "IPv6", "Ipv6")

// snakeCase is a field's name as keys and cookies are usually written: UserID is
// user_id, UserIDs is user_ids, OAuth2Token is oauth2_token, APIv2Key is api_v2_key
// and U2FKey is u2f_key. A session has a key for as long as it lives, so a change of
// these rules would be one of every schema that names no keys.
func snakeCase(name string) string {
	runes := []rune(oneWord.Replace(name))
	var b strings.Builder
	for i, r := range runes {
		if i > 0 && (startsWord(runes, i) || startsVersion(runes, i)) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// startsWord reports whether a word begins at i: with a capital that follows a small
// letter, that follows a digit and is more than the end of an initialism, or that is the
// last of several and comes before small letters.
func startsWord(runes []rune, i int) bool {
	switch before := runes[i-1]; {
	case !unicode.IsUpper(runes[i]) || before == '_':
		return false
	case unicode.IsDigit(before):
		return !endsInitialism(runes, i)
	case !unicode.IsUpper(before):
		return true
	}
	return beginsSmall(runes, i)
}

// beginsSmall reports whether small letters of the same word follow the capital at i. The
// s of a plural and a version belong to the word before.
func beginsSmall(runes []rune, i int) bool {
	if i+1 >= len(runes) || !unicode.IsLower(runes[i+1]) {
		return false
	}
	plural := runes[i+1] == 's' && (i+2 == len(runes) || !unicode.IsLower(runes[i+2]))
	return !plural && !startsVersion(runes, i+1)
}

// endsInitialism reports whether the capital at i, which follows a digit, is the last
// letter of an initialism such as U2F or I18N: the word ends with it.
func endsInitialism(runes []rune, i int) bool {
	if i+1 == len(runes) {
		return true
	}
	return unicode.IsUpper(runes[i+1]) && beginsSmall(runes, i+1)
}

// startsVersion reports whether a version such as v2 begins at i, after an initialism.
func startsVersion(runes []rune, i int) bool {
	return i > 1 && i+1 < len(runes) && runes[i] == 'v' && unicode.IsDigit(runes[i+1]) &&
		unicode.IsUpper(runes[i-1]) && unicode.IsUpper(runes[i-2])
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
