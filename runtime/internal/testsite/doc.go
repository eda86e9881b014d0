// Package testsite is for the engine's tests: it has a small shop with a store that can be
// watched and made to fail, browsers that visit it, and a schema written by hand.
//
// Of sessiongen's packages it imports runtime, cookie, engine, shop, keyring, memstore,
// record and wire.
package testsite
