package cookie

import (
	"net/http"
	"strings"
)

// The words that describe a cookie in the comments of generated getters, and in the
// inventory of what a site keeps in a browser. Each continues a sentence.

// KeptWords returns for how long a browser keeps the cookie. spelled is its Max-Age in words,
// such as "90 days".
func (o *Options) KeptWords(spelled string) string {
	if o.MaxAge == 0 {
		return "until the browser is closed"
	}
	return "for " + spelled
}

// ScopeWords returns which requests to the site carry the cookie: its domain, path and Secure.
func (o *Options) ScopeWords() string {
	text := "to this host only"
	if o.Domain != "" {
		text = "to " + strings.TrimPrefix(o.Domain, ".") + " and all hosts below it (each of them can set it too)"
	}
	if o.Path != "/" {
		text += ", for paths below " + o.Path
	}
	if o.Secure {
		return text + ", over HTTPS"
	}
	return text + ", over plain HTTP too, where the network sees it"
}

// SameSiteWords returns which pages make the browser send the cookie: its SameSite and
// Partitioned.
func (o *Options) SameSiteWords() string {
	text := "from its own pages and through links of other sites"
	switch o.SameSite {
	case http.SameSiteStrictMode:
		text = "from its own pages only"
	case http.SameSiteNoneMode:
		text = "from pages of every site"
	}
	if o.Partitioned {
		text += ", with a cookie of its own for each site that embeds it"
	}
	return text
}

// ScriptWords returns what the scripts of a page can do with the cookie: its HttpOnly.
func (o *Options) ScriptWords() string {
	if o.HTTPOnly {
		return "cannot read it"
	}
	return "can read and change it"
}

// HolderWords returns what the user of the browser can do with the cookie's value.
func (p Protection) HolderWords() string {
	switch p {
	case Signed:
		return "the user of the browser can read it, but not change it"
	case Encrypted:
		return "the user of the browser can neither read nor change it"
	}
	return "the user of the browser can read and change it"
}

// String returns the option of a tag that gives a cookie this protection. "plain" is none:
// it is what a cookie is without an option.
func (p Protection) String() string {
	if int(p) < len(protections) {
		return protections[p]
	}
	return "unknown"
}

var protections = [...]string{Plain: "plain", Signed: "signed", Encrypted: "encrypted"}

// SameSiteName returns SameSite as the Set-Cookie line spells it (RFC 6265bis section
// 4.1.2.7). The default is Lax.
func (o *Options) SameSiteName() string {
	switch o.SameSite {
	case http.SameSiteNoneMode:
		return "None"
	case http.SameSiteStrictMode:
		return "Strict"
	}
	return "Lax"
}
