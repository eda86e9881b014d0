package engine

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/deadline"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Session is what a generated session type is made of: the record that was
// loaded, and what the request changes in it. Its functions and methods are
// called by generated code only and are safe for several goroutines.
type Session struct {
	manager *Manager
	self    any // the *Visitor around this session
	codec   Codec
	request *http.Request
	header  http.Header // of the response

	// mu guards everything below. It is never held while a store, an event hook
	// or a function of the application runs.
	mu      sync.Mutex
	fields  []FieldState
	cookies []CookieState
	reader  wire.Reader // decodes fields; here because it would escape from a stack

	opened           // what the request's cookie opened, or what this request has stored since
	intent           // what the request wants besides the values of fields
	more   *rare     // nil as long as there is no need
	adopts *adoption // of another library's session; nil if there is none

	phase          phase
	carried        bool        // the request had a cookie under the session cookie's name
	mayHaveChanged bool        // something was changed, or given away that can be changed in place
	committing     bool        // a commit is under way
	accessed       bool        // a session or cookie field was read or changed
	asked          atomic.Bool // the session was found in the context

	at            time.Time         // when the load or commit under way began, by the manager's clock
	deadline      *deadline.Context // of the store calls under way
	firstDeadline deadline.Context
	context       sessionContext
	writer        responseWriter
	varyLine      [1]string // a line of the response's header
	watch         *watch    // nil until Done is called
}

// opened is what the request's cookie opened, or what this request has stored since.
type opened struct {
	token      token // zero without a session
	base       base
	atLoad     string // the principal's value on the wire when loaded, "" if there was none
	principal  string // the same now
	standing   standing
	spansStale bool // base.data was written by this program and not walked over yet
	extended   bool // the idle deadline was extended since the record was read
	superseded bool // another request has renewed the secret: the browser may hold a newer one
}

// standing is what the request's token was found to be worth.
type standing uint8

const (
	absent   standing = iota // no token, or one that opens nothing
	live                     // the secret of a record
	renewed                  // a secret that was replaced a moment ago
	ended                    // the token of a session that was ended a moment ago
	doubtful                 // several tokens, and no telling which is the browser's
)

// phase is how far a request has come.
type phase uint8

const (
	handling phase = iota
	begun          // the response's first byte may have left
	returned       // the handler has returned
)

// base is a record as it was loaded or last written, with its entries in order.
type base struct {
	rev        runtime.Rev
	terms      []runtime.Term
	data       string
	unknown    []record.Entry // fields of other programs and versions, in order
	idle, life time.Duration  // left when loaded
	loaded     time.Time
	generation uint32 // of the queue, before it was loaded
}

// head is the record's header. It is read where it is asked for: most requests ask for
// nothing more after the load, and keeping it would cost all of them.
func (b *base) head() record.Header {
	h, _ := record.ReadHeader(b.data) // it was read before
	return h
}

// FieldState is what a session knows of one field.
type FieldState struct {
	start, end uint32 // the field's entries in base.data
	version    uint32 // counts changes of the stored value
	state      fieldBits
}

type fieldBits uint8

const (
	decoded  fieldBits = 1 << iota // the storage holds the value
	present                        // the value is set (valid once decoded)
	assigned                       // replaced by this request, whatever it was
	inPlace                        // found changed in place, which counts as assigned
	relative                       // changed by this request on top of what it was
	lent                           // a live slice or map was given to the handler
	foreign                        // the storage shares memory with what the handler set
)

// changed says that the stored value is to be written rather than base's.
const changed = assigned | inPlace | relative

// Bind makes an empty session type usable. self is the pointer to it.
func (s *Session) Bind(self any, codec Codec, fields []FieldState, cookies []CookieState) *Session {
	s.self, s.codec, s.fields, s.cookies = self, codec, fields, cookies
	return s
}
