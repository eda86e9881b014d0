// Package storetest is for authors of session stores: a test suite for the contract of
// [runtime.Store], [runtime.Indexer], [runtime.Revoker] and [runtime.Watcher]. Every store of this module passes
// it, and yours should, too. Of sessiongen's packages it imports runtime and expiry alone.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, storetest.Options{
//			Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
//				store := mystore.New(mystore.WithClock(clock.Now))
//				t.Cleanup(func() { store.Close() })
//				return store
//			},
//		})
//	}
//
// The name of each subtest is the rule that it checks. Run the suite with the race detector,
// too.
//
// Some stores go by a clock that a test cannot turn, such as a database server's. The suite
// then lets real time pass, a few seconds of it:
//
//	storetest.Run(t, storetest.Options{
//		OwnClock: true,
//		Open: func(t *testing.T, _ *storetest.Clock) runtime.Store {
//			store, err := mystore.Open(os.Getenv("MYSTORE_TEST_URL"))
//			…
//		},
//	})
package storetest
