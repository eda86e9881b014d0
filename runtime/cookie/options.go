package cookie

import (
	"net/http"
	"time"
)

// Protection is what keeps the user of a browser from reading or changing a cookie's value.
type Protection uint8

const (
	// Plain values can be read and changed, and are untrusted input.
	Plain Protection = iota
	// Signed values can be read. A changed value counts as absent.
	Signed
	// Encrypted values can be neither read nor changed.
	Encrypted
)

// Options are the name and the attributes of a cookie (RFC 6265bis section 4.1), and how its
// value is protected. Generated code fills them from a tag. [Check] has the rules for them.
type Options struct {
	Name        string
	Was         string        // an earlier name, or "": read if Name is absent, deleted when Name is written
	Path        string        // absolute
	Domain      string        // "": the host alone, without the hosts below it
	MaxAge      time.Duration // in whole seconds; 0: until the browser is closed
	SameSite    http.SameSite // 0: Lax
	Secure      bool
	HTTPOnly    bool
	Partitioned bool
	Protection  Protection
	Secret      bool // the value is redacted wherever it would be printed
}
