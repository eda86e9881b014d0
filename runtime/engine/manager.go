package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/aside"
	"github.com/sessiongen/sessiongen/runtime/internal/queue"
)

// Manager loads, commits, lists and revokes the sessions of one schema. Generated
// managers are made of it. It is safe for several goroutines.
type Manager struct {
	schema  *Schema
	keeper  keeper          // nil for a schema of cookies only
	sealed  bool            // sessions are in the cookie, and in no record
	store   runtime.Store   // nil for a schema of cookies only
	exact   bool            // the store sends each call once: see SendsOnce
	indexer runtime.Indexer // nil if the store has none, which only schemas without index are given
	cookie  *cookieSpec     // the session cookie
	cookies []*cookieSpec
	key     any // what the session is found by in a context

	// Fields by index, as generated code numbers them.
	order      []int   // by ascending number on the wire
	numbers    []int32 // in that order
	principal  int     // -1: none
	privileged []int   // renew fields
	indexed    []int   // principal and index fields
	flashes    []int

	options  runtime.Options
	ownClock bool      // it was given by WithClock
	takeover *takeover // nil: there is no library that sessions are taken over from
	queue    queue.Queue
}

// NewManager makes a manager. It refuses a store that cannot do what the schema
// asks for, and cookies that need keys where there are none.
func NewManager(schema *Schema, store runtime.Store, options ...runtime.Option) (*Manager, error) {
	m := &Manager{
		schema: schema, store: store, principal: -1,
		key: reflect.Zero(reflect.TypeOf(schema.New().self)).Interface(),
	}
	for _, option := range options {
		if option != nil {
			option(&m.options)
		}
	}
	m.setDefaults()
	if err := m.complete(); err != nil {
		return nil, fmt.Errorf("sessiongen: New%sManager: %w", schema.Type, err)
	}
	if store, ok := m.store.(runtime.Caveat); ok {
		if caveat := store.Caveat(); caveat != "" {
			m.raise(context.Background(), runtime.Event{Kind: runtime.EventStoreCaveat, Reason: caveat})
		}
	}
	return m, nil
}

// What the options are where they are not given. The timeout bounds a Load, and all of a
// commit with its repetitions; polling is of a session whose Done was asked for.
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
	o.Polling = cmp.Or(o.Polling, defaultPolling)
}

func (m *Manager) complete() (err error) {
	m.arrangeFields()
	switch sealer, sealed := m.store.(runtime.Sealer); {
	case m.schema.Stateless():
		m.store = nil
	case isNil(m.store):
		return errors.New("the store is nil: give it one, such as memstore.New()")
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
	if store, ok := m.store.(runtime.SendsOnce); ok {
		m.exact = store.SendsOnce()
	}
	m.indexer, _ = m.store.(runtime.Indexer)
	if len(m.indexed) > 0 && m.indexer == nil {
		return fmt.Errorf("the field %s is listed and revoked by, which %T cannot do: use a store that is a runtime.Indexer",
			m.schema.Fields[m.indexed[0]].Key, m.store)
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
	m.options.Events(ctx, e)
}

// Close closes the store, if it has a Close method. Where several managers share a
// store, close the store itself when the last of them is done.
func (m *Manager) Close() error {
	if closer, ok := m.store.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

func logToDefault(ctx context.Context, e runtime.Event) { runtime.LogEvents(slog.Default())(ctx, e) }
