// Package scsstore is for applications that keep their sessions in a store written for
// alexedwards/scs. About twenty such stores exist, for BoltDB, Badger, Firestore, MongoDB,
// SQL Server and more. Of sessiongen's packages it imports runtime and
// internal/expiry alone.
//
//	store, err := scsstore.SingleProcess(boltstore.New(db))
//	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
//
// # One process
//
// A store for scs finds, overwrites and deletes values. It cannot write a value on the
// condition that the value has not changed meanwhile, so this package keeps the contract of
// [runtime.Store] by locks within the process. As long as one process with one [Store]
// uses the values, no write is lost and a logout is final. Two processes would lose each
// other's updates and bring back sessions that the other one has ended, as with scs itself.
// The manager reports this, when it is built, by an event of the kind
// [runtime.EventStoreCaveat]. If several processes share sessions, use a store that resolves
// conflicts itself, such as sqlstore or redisstore.
//
// The locks do not cover one case: a write that failed in this process, because its
// connection broke, and that the server carries out after a later write.
package scsstore
