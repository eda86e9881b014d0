// Package memstore is for applications that run as one process and may lose their
// sessions when it ends, and for tests. It keeps sessions in memory, and imports the
// standard library and package runtime alone.
//
//	store := memstore.New()
//	defer store.Close()
//	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
package memstore
