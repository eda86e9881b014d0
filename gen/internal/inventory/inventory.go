package inventory

// Inventory is what is written as JSON: every session and cookie of the schemas
// that it was asked for, as their tags and doc comments declare them. What it holds
// keeps its name and meaning as long as Version is the same; more may be added.
type Inventory struct {
	Comment string   `json:"comment"` // says what wrote the file
	Version int      `json:"version"`
	Schemas []Schema `json:"schemas"` // in the order of packages, files and declarations
}

// Version is the version of what [Inventory] holds.
const Version = 1

// Schema is one schema.
type Schema struct {
	Package string   `json:"package"` // its import path
	Name    string   `json:"name"`    // of the struct
	Type    string   `json:"type"`    // of the session
	Doc     string   `json:"doc"`     // the struct's doc comment
	Session *Session `json:"session"` // null: the schema has cookies alone
	Cookies []Cookie `json:"cookies"` // without the session cookie
}

// Session is how long a schema's sessions live, and what they keep.
type Session struct {
	Cookie Attributes `json:"cookie"`
	// Sealed says that the cookie carries the session itself, encrypted. Otherwise
	// it carries a random token, and the server keeps the session.
	Sealed bool `json:"sealed"`

	Idle Span `json:"idle"` // without a request
	// IdleAtLeast is what is left of Idle if the last requests did not extend it:
	// one that changes nothing extends it once per tenth at most.
	IdleAtLeast Span `json:"idle_at_least"`
	Lifetime    Span `json:"lifetime"` // since it began, or since the last sign-in
	// Limit is how many sessions a principal may have at a time, 0 for any number,
	// and null if it is unknown: no tag says so.
	Limit *int `json:"limit"`

	Principal string   `json:"principal"` // the key of the field that identifies the signed-in user, if there is one
	Renew     []string `json:"renew"`     // the keys of other privileges, which renew the secret

	Fields []Field `json:"fields"`
	// Runtime is what the runtime keeps with the fields of every session.
	Runtime []Fact `json:"runtime"`
	// NIST compares with NIST SP 800-63B-4, if the schema has a principal.
	NIST []Level `json:"nist_800_63b_4"`
}

// Field is a field that is kept in the session.
type Field struct {
	Key       string   `json:"key"`
	Field     string   `json:"field"` // its name in Go
	Purpose   string   `json:"purpose"`
	Type      string   `json:"type"`  // in Go
	Parts     []string `json:"parts"` // the keys of the structs inside, by their paths
	Principal bool     `json:"principal"`
	Renew     bool     `json:"renew"`
	Index     bool     `json:"index"`   // sessions are found by it; so they are by the principal
	Flash     bool     `json:"flash"`   // kept until it is read, once
	Secret    bool     `json:"secret"`  // redacted wherever it would be printed
	Default   *string  `json:"default"` // null: none, or a secret
	Was       string   `json:"was"`     // an earlier key
}

// Cookie is a field that is kept in a cookie of its own.
type Cookie struct {
	Attributes
	Field      string   `json:"field"` // its name in Go
	Purpose    string   `json:"purpose"`
	Type       string   `json:"type"`       // in Go
	Parts      []string `json:"parts"`      // the keys of the structs inside, by their paths
	Protection string   `json:"protection"` // plain, signed or encrypted
	Secret     bool     `json:"secret"`     // redacted wherever it would be printed
	Accepted   []string `json:"accepted"`   // null: every value of the type
	Default    *string  `json:"default"`    // null: none, or a secret
	Was        string   `json:"was"`        // an earlier name, which is still read
}

// Attributes are a cookie's name and attributes.
type Attributes struct {
	Name        string `json:"name"`
	MaxAge      *Span  `json:"max_age"` // null: until the browser closes
	Path        string `json:"path"`
	Domain      string `json:"domain"` // empty: the host that sets it alone
	SameSite    string `json:"same_site"`
	Secure      bool   `json:"secure"`
	HTTPOnly    bool   `json:"http_only"`
	Partitioned bool   `json:"partitioned"`
	SetCookie   string `json:"set_cookie"` // all of it, as in the header, without the value
	Readers     string `json:"readers"`    // how far it is exposed, in words
}

// Span is a time span, for machines and for people.
type Span struct {
	Seconds float64 `json:"seconds"`
	Text    string  `json:"text"`
}

// Fact is something that the runtime keeps.
type Fact struct {
	What   string `json:"what"`
	Option string `json:"option"` // the option of the manager that it takes; empty: none
}

// Level is an authentication assurance level of NIST SP 800-63B-4, with the
// timeouts that sessions have there at most.
type Level struct {
	Level    string `json:"level"` // AAL1, AAL2 or AAL3
	Lifetime Span   `json:"lifetime"`
	Idle     *Span  `json:"idle"`   // null: none is asked for
	Within   bool   `json:"within"` // the schema's timeouts are not longer
}
