// Package memstore is for applications that run as one process and may lose their
// sessions when it ends, and for tests. It keeps sessions in memory. Of
// sessiongen's packages it imports runtime and internal/expiry alone.
//
//	store := memstore.New()
//	defer store.Close()
//	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
package memstore
