// Package origin is for the engine and the debug page: it finds out from a request where its
// browser is and how it got here.
//
// It imports nothing of sessiongen's.
package origin
