// Package legacy is for applications that move here from another session library: it reads
// the sessions that alexedwards/scs, gorilla/sessions and gin-contrib/sessions kept, for
// runtime.WithLegacy. An application needs it until its move is over.
//
// Of sessiongen's packages it imports cookie and keyring.
package legacy
