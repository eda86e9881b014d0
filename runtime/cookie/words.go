package cookie

import (
	"net/http"
	"strings"
)

// The words in which a cookie is described: in the comments of generated getters and in the
// inventory of what a site keeps about a browser.

// KeptWords says how long a browser keeps the cookie. spelled is its Max-Age in words.
func (o *Options) KeptWords(spelled string) string {
	if o.MaxAge == 0 {
		return "until the browser is closed"
	}
	return "for " + spelled
}

// ScopeWords says which requests to the site carry the cookie.
func (o *Options) ScopeWords() string {
	text := "to this host only"
	if o.Domain != "" {
		text = "to " + strings.TrimPrefix(o.Domain, ".") + " and all hosts below it"
	}
	if o.Path != "/" {
		text += ", for paths below " + o.Path
	}
	if o.Secure {
		return text + ", over HTTPS"
	}
	return text + ", over plain HTTP too, where the network sees it"
}

// SameSiteWords says which pages make the browser send the cookie.
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

// ScriptWords says what scripts on a page can do with the cookie.
func (o *Options) ScriptWords() string {
	if o.HTTPOnly {
		return "cannot read it"
	}
	return "can read and change it"
}

// HolderWords says what the user of the browser can do with a cookie's value.
func (p Protection) HolderWords() string {
	switch p {
	case Signed:
		return "the user of the browser can read it, but not change it"
	case Encrypted:
		return "the user of the browser can neither read nor change it"
	}
	return "the user of the browser can read and change it"
}

// String is the protection as a tag calls it; a plain cookie has no such option.
func (p Protection) String() string {
	if int(p) < len(protections) {
		return protections[p]
	}
	return "unknown"
}

var protections = [...]string{Plain: "plain", Signed: "signed", Encrypted: "encrypted"}

// SameSiteName is how the Set-Cookie line spells SameSite. Where it is not given, it is Lax.
func (o *Options) SameSiteName() string {
	switch o.SameSite {
	case http.SameSiteNoneMode:
		return "None"
	case http.SameSiteStrictMode:
		return "Strict"
	}
	return "Lax"
}
