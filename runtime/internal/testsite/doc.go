// Package testsite is for the tests of the engine, in its own folder and in those below it: it has
// a site of the schema in package shop, whose store can be watched and made to fail.
//
// Of sessiongen's packages it imports runtime, engine, cookie, keyring, wire, memstore and shop.
package testsite
