package request

import "github.com/alexedwards/scs/v2"

var reading = []Kind{NoCookie, Untouched, ReadOne, ReadAll, WriteOne}

// Libraries are those with a store in memory, and what bounds them. Ours is the first,
// the limit the second.
func Libraries() []*Library {
	written := []Kind{WriteOne}
	return []*Library{
		{Name: "sessiongen", open: newOurs},
		{Name: "limit, by hand", Note: "written for this one struct; of what ours does it leaves out what makes that safe and general: see package limit", open: newByHand(false)},
		{
			Name: "sessiongen, principal", Note: "the user's ID is also the principal, and sessions are listed and revoked by it; no other library does that",
			open: newMembers,
		},
		{
			Name: "limit, principal", Note: "the limit that checks the term by which a session is indexed, but keeps no index; compare it with \"sessiongen, principal\"",
			open: newByHand(true),
		},
		{Name: "scs, gob", Note: "its default; sends its cookie with every write", Cookies: written, open: newScs(scs.GobCodec{})},
		{Name: "scs, JSON", Note: "with a codec that knows the types", Cookies: written, open: newScs(jsonCodec{})},
		{Name: "scs, wire by hand", Note: "with the limit's codec", Cookies: written, open: newScs(wireCodec{})},
		{
			Name: "gorilla CookieStore", Note: "gob, encrypted, in the cookie", Cookies: written, Lazy: true, InCookie: true, NoVary: true,
			open: newGorilla,
		},
		{
			Name: "gin-contrib memstore", Note: "keeps values, copied by gob, and sends its cookie with every write", Cookies: written, Lazy: true,
			Live: true, NoVary: true, open: newGin,
		},
		{Name: "fiber, memory", Note: "gob; on fasthttp, and every request is written back and answered with a cookie", Cookies: reading, NoVary: true, open: newFiber},
		{Name: "no session", Note: "an empty handler with one value in its context", Lazy: true, Live: true, Nothing: true, NoVary: true, open: newNothing},
	}
}

// Sealed are those that keep the session in the cookie, ours first.
func Sealed() []*Library {
	written := []Kind{WriteOne}
	return []*Library{
		{
			Name: "sessiongen, sealed", Note: "AES-256-GCM; replay accepted, as with gorilla's", Cookies: written, InCookie: true,
			open: newSealed(false),
		},
		{
			Name: "sessiongen, sealed, revocable", Note: "and a store in memory is asked whether the session was ended", Cookies: written, InCookie: true,
			open: newSealed(true),
		},
		{
			Name: "gorilla CookieStore", Note: "gob, AES-256-CTR and HMAC", Cookies: written, Lazy: true, InCookie: true, NoVary: true,
			open: newGorilla,
		},
	}
}
