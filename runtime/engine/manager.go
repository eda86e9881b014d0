package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/aside"
	"github.com/sessiongen/sessiongen/runtime/internal/queue"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// Manager loads, commits, lists and revokes the sessions of one schema. Generated managers
// contain one. It is safe for concurrent use.
type Manager struct {
	schema  *Schema
	keeper  keeper          // nil for a schema of cookies only
	sealed  bool            // sessions are kept in the cookie
	store   runtime.Store   // nil for a schema of cookies only
	exact   bool            // the store sends each call once; see SendsOnce
	indexer runtime.Indexer // nil if the store has none; the schema then has no index
	cookie  *cookieSpec     // the session cookie
	labels  []record.Label  // of stored sessions: the one that is written, then earlier ones
	label   string          // the digest of the first one
	cookies []*cookieSpec
	key     any // finds the session in a context

	// Fields by index, as generated code numbers them.
	order      []int   // by ascending number on the wire
	numbers    []int32 // in that order
	principal  int     // -1 if there is none
	privileged []int   // renew fields
	entitling  []int   // the principal and renew fields
	indexed    []int   // principal and index fields
	flashes    []int

	options  runtime.Options
	ownClock bool      // WithClock has set the clock
	takeover *takeover // nil if no sessions of another library are taken over
	queue    queue.Queue
	dead     dead
	nested   sync.Map // the reasons of the events about the order of middlewares that were raised
	reported sync.Map // the cookies of which an event has said that a value was refused

	toldPlain atomic.Bool // an event has said that cookies are lost over plain HTTP

	closing context.Context // ends with the first Close
	shut    context.CancelFunc
	serving atomic.Int64  // requests in the middleware
	drained chan struct{} // of capacity 1: the last of them has ended after Close
}

// NewManager makes a manager. It refuses a store that lacks what the schema needs, and
// protected cookies without keys.
func NewManager(schema *Schema, store runtime.Store, options ...runtime.Option) (*Manager, error) {
	m := &Manager{
		schema: schema, store: store, principal: -1,
		key: reflect.Zero(reflect.TypeOf(schema.New().self)).Interface(), dead: dead{seed: maphash.MakeSeed()},
	}
	for _, option := range options {
		if option != nil {
			option(&m.options)
		}
	}
	m.closing, m.shut = context.WithCancel(context.Background())
	m.drained = make(chan struct{}, 1)
	m.setDefaults()
	if err := m.complete(); err != nil {
		return nil, prefixed{fmt.Errorf("New%sManager: %w", schema.Type, err)}
	}
	if store, ok := m.store.(runtime.Caveat); ok {
		if caveat := store.Caveat(); caveat != "" {
			m.raise(context.Background(), runtime.Event{Kind: runtime.EventStoreCaveat, Reason: caveat})
		}
	}
	return m, nil
}

// Defaults of options. The timeout bounds a Load, and a whole commit with its repetitions.
// Polling concerns sessions whose Done was called.
const (
	defaultTimeout = 5 * time.Second
	defaultPolling = 10 * time.Second
)

func (m *Manager) setDefaults() {
	o := &m.options
	m.ownClock = o.Clock != nil
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Events == nil {
		o.Events = logToDefault
	}
	if o.ErrorHandler == nil {
		o.ErrorHandler = defaultErrorHandler
	}
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	o.MaxSize = cmp.Or(o.MaxSize, defaultMaxSize)
	o.Polling = cmp.Or(o.Polling, defaultPolling)
	o.SpeculationStatus = cmp.Or(o.SpeculationStatus, defaultSpeculationStatus)
}

func (m *Manager) complete() (err error) {
	if err := checkStructs(m.schema.Structs); err != nil {
		return err
	}
	m.arrangeFields()
	switch sealer, sealed := m.store.(runtime.Sealer); {
	case m.schema.Stateless():
		m.store = nil
	case isNil(m.store):
		return errors.New("the store is nil: pass one, such as memstore.New()")
	case sealed:
		if err := m.keepInCookie(sealer); err != nil {
			return err
		}
	default:
		if err := m.keepInStore(); err != nil {
			return err
		}
	}
	if !m.schema.Stateless() {
		if m.cookie, err = m.newCookie(m.schema.Cookie); err != nil {
			return err
		}
	}
	for _, descriptor := range m.schema.Cookies {
		c, err := m.newCookie(descriptor.options())
		if err != nil {
			return err
		}
		m.cookies = append(m.cookies, c)
	}
	if err := m.checkLegacyCookies(); err != nil {
		return err
	}
	if err := m.checkLegacy(); err != nil {
		return err
	}
	if err := m.checkLimit(); err != nil {
		return err
	}
	if err := checkSpeculationStatus(m.options.SpeculationStatus); err != nil {
		return err
	}
	return checkSiteData(m.options.ClearSiteData)
}

func (m *Manager) arrangeFields() {
	for i, f := range m.schema.Fields {
		m.order = append(m.order, i)
		if f.Traits&Principal != 0 {
			m.principal = i
		}
		if f.Traits&Renew != 0 {
			m.privileged = append(m.privileged, i)
		}
		if f.Traits&(Principal|Renew) != 0 {
			m.entitling = append(m.entitling, i)
		}
		if f.Traits&(Principal|Index) != 0 {
			m.indexed = append(m.indexed, i)
		}
		if f.Traits&Flash != 0 {
			m.flashes = append(m.flashes, i)
		}
	}
	slices.SortFunc(m.order, func(a, b int) int {
		return cmp.Compare(m.schema.Fields[a].Number, m.schema.Fields[b].Number)
	})
	for _, field := range m.order {
		m.numbers = append(m.numbers, m.schema.Fields[field].Number)
	}
}

func (m *Manager) keepInStore() error {
	m.keeper = stored{m}
	m.setLabels()
	if store, ok := m.store.(runtime.SendsOnce); ok {
		m.exact = store.SendsOnce()
	}
	m.indexer, _ = m.store.(runtime.Indexer)
	if len(m.indexed) > 0 && m.indexer == nil {
		return fmt.Errorf("%T cannot list and revoke sessions by the field %s: use a store that is a runtime.Indexer",
			m.store, m.schema.Fields[m.indexed[0]].Key)
	}
	return nil
}

func isNil(store runtime.Store) bool {
	if store == nil {
		return true
	}
	v := reflect.ValueOf(store)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

func (m *Manager) raise(ctx context.Context, e runtime.Event) {
	if aside.Is(ctx) {
		return
	}
	e.Schema = m.schema.Name
	if s, within := ctx.Value(m).(*Session); within && e.Method == "" { // such as Revoke with the context of a request
		e.Method, e.Route = s.request.Method, s.route()
	}
	m.options.Events(ctx, e)
}

// Close closes the channels of Done, so that handlers that stream return and
// [net/http.Server.Shutdown] ends. It then waits for the requests in the middleware, but no
// longer than [runtime.WithTimeout], and closes the store, if the store has a Close method:
//
//	server.RegisterOnShutdown(func() { visitors.Close() })
//
// If several managers share a store, Close of one closes it for all: call it when all are done.
func (m *Manager) Close() error {
	m.shut()
	m.drain()
	if closer, ok := m.store.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// prefixed is an error that names the module once, at its beginning. The error that it wraps may
// have done so, too.
type prefixed struct{ error }

func (p prefixed) Error() string {
	const module = "sessiongen: "
	return module + strings.ReplaceAll(p.error.Error(), module, "")
}

func (p prefixed) Unwrap() error { return p.error }

// drain waits for the requests in the middleware.
func (m *Manager) drain() {
	timer := time.NewTimer(m.options.Timeout)
	defer timer.Stop()
	for m.serving.Load() > 0 {
		select {
		case <-m.drained:
		case <-timer.C:
			return
		}
	}
}

// served counts a request of the middleware that is over.
func (m *Manager) served() {
	if m.serving.Add(-1) == 0 && m.closing.Err() != nil {
		select {
		case m.drained <- struct{}{}:
		default:
		}
	}
}

func logToDefault(ctx context.Context, e runtime.Event) { runtime.LogEvents(slog.Default())(ctx, e) }
