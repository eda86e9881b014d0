package runtime

// Watcher is implemented by stores that can say at once that a record was changed. They are
// asked as well, but the others are only asked, again and again.
type Watcher interface {
	// Watch returns a channel that receives something after a record under one of the IDs was
	// created, updated, revoked or deleted, by any process, later than the call. One value may
	// stand for several changes, or for none. The channel is nil where the store finds that it
	// cannot tell. stop must be called in the end, once. Watch is safe for several goroutines.
	Watch(ids ...ID) (changed <-chan struct{}, stop func())
}
