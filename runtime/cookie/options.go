package cookie

import (
	"net/http"
	"time"
)

// Protection says what keeps a cookie's value from being changed or read by the
// browser's owner, or by whoever gets hold of the browser.
type Protection uint8

const (
	// Plain values may be read and changed by anybody; they are input from a stranger.
	Plain Protection = iota
	// Signed values may be read by anybody; changed ones count as absent.
	Signed
	// Encrypted values may be neither read nor changed.
	Encrypted
)

// Options are a cookie's name and attributes, as RFC 6265bis calls them.
// Generated code fills them from a tag that was checked when generating.
type Options struct {
	Name        string
	Was         string // an earlier name: read if Name is absent, deleted when Name is written
	Path        string
	Domain      string
	MaxAge      time.Duration // 0: until the browser is closed
	SameSite    http.SameSite
	Secure      bool
	HTTPOnly    bool
	Partitioned bool
	Protection  Protection
	Secret      bool // redacted wherever it would be printed
}
