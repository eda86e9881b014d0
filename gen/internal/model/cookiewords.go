package model

import (
	"net/http"
	"strings"
)

// What is said about a cookie stands here, for the comments of generated code and for the
// inventory alike. Each text continues a sentence.

// UntilClosed is how long a browser keeps a cookie without Max-Age.
const UntilClosed = "until the browser is closed"

// SecretWords are said of a secret, in the session or in a cookie.
const SecretWords = "a secret: wherever the session is printed, it is redacted"

// Holder is whoever has the browser in their hands.
const Holder = "whoever holds the browser"

// protectionWords are a protection by its name, and what a holder can do.
var protectionWords = [...]struct{ name, holder string }{
	Plain:     {"plain", "can read and change it"},
	Signed:    {"signed", "can read it, but not change it"},
	Encrypted: {"encrypted", "can neither read nor change it"},
}

// String is plain, signed or encrypted.
func (p Protection) String() string { return protectionWords[p].name }

// HolderCan is what a [Holder] can do with a cookie.
func (p Protection) HolderCan() string { return protectionWords[p].holder }

// Life is how long a browser keeps a cookie.
func (a CookieAttributes) Life() string {
	if a.MaxAge == 0 {
		return UntilClosed
	}
	return "for " + DurationWords(a.MaxAge)
}

// Hosts are where a browser sends a cookie.
func (a CookieAttributes) Hosts() string {
	if a.Domain == "" {
		return "to this host"
	}
	return "to " + strings.TrimPrefix(a.Domain, ".") + " and the hosts below it"
}

// Scope says which requests of the site itself carry a cookie.
func (a CookieAttributes) Scope() string {
	text := a.Hosts()
	if a.Path != "/" {
		text += ", for paths below " + a.Path
	}
	if a.Secure {
		return text + ", over HTTPS"
	}
	return text + ", over HTTP too"
}

// FromSites says from which pages a browser sends a cookie.
func (a CookieAttributes) FromSites() string {
	text := "from its own pages and through links of other sites"
	switch a.SameSite {
	case http.SameSiteStrictMode:
		text = "from its own pages only"
	case http.SameSiteNoneMode:
		text = "from pages of every site"
	}
	if a.Partitioned {
		text += ", with a cookie of its own for each site that embeds it"
	}
	return text
}

// Scripts says what scripts do with a cookie.
func (a CookieAttributes) Scripts() string {
	if a.HTTPOnly {
		return "scripts on the page cannot read it"
	}
	return "scripts on the page can read and change it"
}

// Protected says who can read and change a cookie's value, in whole sentences.
func (c *Cookie) Protected() string {
	holder := strings.ToUpper(Holder[:1]) + Holder[1:]
	switch {
	case c.Protection != Plain:
		return "It is " + c.Protection.String() + ": " + Holder + " " + c.Protection.HolderCan() + "."
	case len(c.Declared) > 0:
		return holder + " can change it; a value that is not one of the type's constants counts as absent."
	case c.Type.Kind == String:
		return holder + " can change it to anything."
	}
	return holder + " can change it; a value that does not parse counts as absent."
}
