// Package sealed is for applications that keep sessions in the browser. The session cookie
// carries the whole session, encrypted and authenticated (a sealed session), and no server
// stores it. Of sessiongen's packages it imports runtime and keyring
// alone.
//
//	revocations, err := sqlstore.Postgres(db) // or any other runtime.Store
//	store, err := sealed.New(keys, sealed.WithRevocations(revocations))
//	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys), runtime.WithApplication("shop"))
//
// # Differences from a session in a store
//
// The last response wins. Two simultaneous requests both begin with the content of the
// cookie, and both send it back with their own changes. The browser keeps the response that
// it receives last; the other changes are lost. No method merges changes, including
// AddVisits, AppendCart and UpdateCart. Once per tenth of the idle timeout, a request that
// changes nothing also sends the session back, to extend it.
//
// The visitor holds the session and can replace it by an earlier one: every cookie since the
// last renewal is valid while the session lasts. Do not keep in a sealed session what the
// visitor must not reset, such as a number of attempts or a voucher that has been used.
// Signing in, signing out and changing a renew field renew the session, which means that it
// gets a new secret. With a store for revocations, all earlier cookies are then invalid.
//
// A browser keeps 4096 bytes of a cookie and its name, see the errors below. Sealed sessions
// cannot be listed: the manager's constructor refuses fields with the option index, and the
// ListBy method of a principal (the signed-in user) returns errors.ErrUnsupported. RevokeBy
// ends sessions but cannot count them, and returns 0.
//
// # The end of a session
//
// A cookie that was copied before the visitor signed out stays valid afterwards unless the
// server remembers that the session has ended. [New] therefore requires a decision.
// [WithRevocations] names a store for revocations. [AcceptReplay] accepts that signing out
// only makes the visitor's own browser forget the cookie, that a role that was taken away
// lasts until the cookie expires, and that Revoke, RevokeBy, RevokeAll and RevokeOthers
// return errors.ErrUnsupported.
//
// The calls of the store for revocations are as follows. Each process takes one Load every
// five seconds if it has requests, by which it learns of RevokeAll. A request with a session takes one
// Load, and one more if the visitor is signed in. A change takes one more Load, and another
// one if it sets the principal of a session that has one. Signing in takes a Load, and a
// write if there was a session before. Destroy takes one write. Revoke, RevokeBy and
// RevokeAll take one call, or three if there is a record already; RevokeAll then waits for six
// seconds. RevokeOthers takes a Load and two writes; if
// it fails halfway, it also ends the visitor's own session.
//
// A write stores a record of about 100 bytes for the lifetime of the schema and 20 minutes.
// There is one record per session that was ended or renewed, and one per principal whose
// sessions were revoked. The IDs of the records are hashes of their own, so the store may
// also hold other sessions.
//
// The store has to keep its records: memstore forgets them at a restart, and cookies of
// sessions that were signed out are then valid again. Make the lifetime in a tag longer only
// when no program with the shorter lifetime runs any more. If the store does not answer,
// visitors with a session get an error page with status 503. A store failure lets no session
// in, and never makes a signed-in visitor anonymous.
//
// # Keys
//
// An attacker who knows a secret of the key ring can forge any session. An attacker who has
// read a store cannot. Removing a secret from the ring ends all sessions that were sealed
// with it. A new secret in front of it takes over as sessions are sealed anew.
//
// # Clocks
//
// The clocks of the servers decide when a sealed session expires. They should agree to well
// within the idle timeout. A cookie that was issued more than [keyring.ClockTolerance] in
// the future is refused, so no cookie is accepted for longer than until its deadline plus
// this tolerance. The order of sign-ins and revocations does not depend on any clock.
// Browsers are told when to forget a cookie, but no rule relies on it.
//
// # Errors
//
// If a session is too large, the commit fails with [runtime.ErrCookie]. The response is the
// error page with status 500; no part of the session is dropped or sent. Once the response
// has started, a change fails with [runtime.ErrTooLate], because it can no longer be sent.
// Only Destroy still ends the session then, if there is a store for revocations.
package sealed
