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

// Session is the part of a generated session type that this package keeps: the loaded record,
// and the changes that the request makes. Generated code calls its functions and methods. They
// are safe for concurrent use.
type Session struct {
	manager *Manager
	self    any // the *Visitor that leads to this session
	codec   Codec
	request *http.Request
	sent    []string      // the Cookie lines of the request, as they were at first
	served  *http.Request // the request as the handler gets it; nil without the middleware
	header  http.Header   // of the response

	// mu guards everything below. It is not held while a store, an event hook or a function of the
	// application runs.
	mu      sync.Mutex
	fields  []FieldState
	cookies []CookieState
	reader  wire.Reader // decodes fields; on the stack it would escape

	opened           // the session that the cookie has opened, or that this request has stored since
	intent           // what the request wants besides values of fields
	more   *rare     // nil until needed
	adopts *adoption // of a session of another library; nil if there is none

	phase          phase
	carried        bool        // the request carries the session cookie, valid or not
	mayHaveChanged bool        // a field was changed, or lent and may be changed in place
	committing     bool        // a commit is in progress
	accessed       bool        // a field was read or changed
	asked          atomic.Bool // the session was looked up in the context

	at            time.Time         // when the current load or commit started, by the clock of the manager
	deadline      *deadline.Context // of the current calls to the store
	firstDeadline deadline.Context
	context       sessionContext
	writer        responseWriter
	cacheRoom     cacheRoom
	exposed       atomic.Bool // the response has started, and a look at the session comes too late for its header
	watch         *watch      // nil until Done is called
}

// opened is the session that the cookie has opened, or that this request has stored since.
type opened struct {
	token      token // zero without a session
	base       base
	atLoad     string // the principal on the wire when the session was loaded; "" if there was none
	principal  string // the current principal on the wire
	standing   standing
	spansStale bool // the entries of the fields in base.data are not located yet
	extended   bool // this request has extended the idle deadline
	superseded bool // another request has renewed the secret, so the browser may hold a newer token
}

// standing is the worth of the token that the request carries.
type standing uint8

const (
	absent    standing = iota // no token, or an unknown one
	live                      // the current secret of a record
	renewed                   // a secret that was replaced a moment ago
	ended                     // the token of a session that ended a moment ago
	doubtful                  // several tokens, and it is unclear which one is the browser's
	destroyed                 // this request has ended the session, and may begin another one
)

// phase is the progress of a request.
type phase uint8

const (
	handling phase = iota
	begun          // the response has started
	returned       // the handler has returned
)

// base is a record as it was loaded or last written, with its entries in order.
type base struct {
	rev        runtime.Rev
	terms      []runtime.Term
	data       string
	unknown    []record.Entry // fields of other programs and versions, in order
	idle, life time.Duration  // time left when loaded
	loaded     time.Time
	generation uint32 // of the queue, before the load
	barred     bool   // its privileges cannot be read, which counts as a change of them
}

// head parses the header of the record. Most requests need it only during the load, and keeping
// it would cost all of them.
func (b *base) head() record.Header {
	h, _ := record.ReadHeader(b.data) // it was parsed once without an error
	return h
}

// FieldState is the state of one field in a request.
type FieldState struct {
	start, end uint32 // the field's entries in base.data
	version    uint32 // counts changes of the stored value
	state      fieldBits
}

type fieldBits uint16

const (
	decoded    fieldBits = 1 << iota // the storage holds the value
	present                          // the value is set; valid once decoded
	assigned                         // this request has replaced the value
	inPlace                          // the handler has changed the value in place, which counts as assigned
	relative                         // this request has changed the value relative to the base
	lent                             // the handler holds the live slice or map
	foreign                          // the storage shares memory with a value of the handler
	edited                           // all relative changes are one edit in the log, which the storage has once decoded
	roomy                            // behind the slice in the storage is room that only the session knows
	unreadable                       // the base has bytes that this program cannot read; valid once decoded
	told                             // an event has said that changes were dropped because of that
)

// changed is the set of bits of a value that differs from the base.
const changed = assigned | inPlace | relative

// Bind prepares an empty session. self is the pointer to the generated type.
func (s *Session) Bind(self any, codec Codec, fields []FieldState, cookies []CookieState) *Session {
	s.self, s.codec, s.fields, s.cookies = self, codec, fields, cookies
	return s
}
