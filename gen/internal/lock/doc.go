// Package lock is for the generator's face: it keeps the file that remembers how each key
// of a session has been kept, and refuses a change that would misread or drop what is in
// live sessions. It imports model and, of the runtime's, cookie and wire.
//
// [Check] compares a package with its lock, and returns what the lock is to be.
package lock
