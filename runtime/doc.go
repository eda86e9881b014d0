// Package runtime is for applications that use generated sessions, and for authors of session
// stores:
//
//	package main
//
//	import (
//		"log"
//		"net/http"
//
//		"example.com/shop/web" // declares the schema and the handlers
//		"github.com/sessiongen/sessiongen/runtime"
//		"github.com/sessiongen/sessiongen/runtime/memstore"
//	)
//
//	func main() {
//		visitors, err := web.NewVisitorManager(memstore.New(), runtime.WithSessionLimit(3))
//		if err != nil {
//			log.Fatal(err)
//		}
//		log.Fatal(http.ListenAndServe("localhost:8080", visitors.Middleware(web.Routes())))
//	}
//
// A schema is an annotated struct in the package web; sessiongen writes the type of its
// manager, VisitorManager, and that of its sessions, Visitor. A schema with signed or
// encrypted cookies also needs [WithKeys].
//
// Of sessiongen's packages it imports keyring, legacy and wire alone.
//
// # For applications
//
// An application uses this package in three places:
//
//   - It gives a [Store] and any [Option] to a generated manager's constructor.
//   - It reads the values that generated methods return, such as [Info] and [Cookie].
//   - It compares errors with [ErrEnded], [ErrTooLate] and the others, and receives an [Event]
//     for whatever is worth knowing about a session or cookie.
//
// # For authors of stores
//
// A store implements [Store] and, for fields that sessions are listed and revoked by,
// [Indexer]. [Watcher], [SendsOnce] and [Caveat] are optional. Package
// [github.com/sessiongen/sessiongen/runtime/storetest] checks the whole contract.
//
// # One request
//
// The middleware finds the session cookie and loads the session's record, which is what a
// store keeps of it. The handler runs without any lock, transaction or connection being held.
// Fields are decoded on first use. Before the first byte of the response, or when the handler
// returns, the changes are committed: the record is replaced if it still has the revision that
// was loaded. If another request has changed it meanwhile, the changes are replayed on the
// newest record. The session cookie is sent after the store has acknowledged the write. If the
// write fails, the visitor gets an error page instead of the response.
//
// # What a session is made of
//
// The session cookie carries a token: a 16-byte [ID] and a 32-byte secret. The store receives
// the ID and the SHA-256 of the secret, so a leaked store opens no session. The principal is
// the field that holds the signed-in user. Signing in renews the session: its secret is
// replaced, and its ID stays.
//
// A sealed session is kept, encrypted, in the cookie itself. A [Sealer] then takes the place
// of the store.
//
// # While developing
//
// Cookies are Secure unless a tag turns that off, and browsers ignore Secure cookies over plain
// HTTP. Chromium and Firefox make an exception for http://localhost and loopback addresses.
// Safari makes none: it takes localhost for insecure, so that no session lasts there. Use another
// browser, or HTTPS with a certificate of your own. From another device, such as a phone in the
// same network, every browser needs HTTPS. An event of the kind [EventPlainHTTP] warns once when
// cookies are lost in this way.
//
// # What is promised
//
// PROMISES.md beside this package lists what is promised, by the numbers of the OWASP
// Application Security Verification Standard 5.0, what is not promised, and what is left to
// the application, such as HTTPS, cross-site requests and authorisation:
// https://github.com/sessiongen/sessiongen/blob/main/runtime/PROMISES.md
package runtime
