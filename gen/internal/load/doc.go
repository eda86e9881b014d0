// Package load is for the generator's face: it reads a user's package from its folder
// into a [Source], which parse turns into a model. It imports model.
//
// A package need not compile: handlers use methods that are still to be generated.
// [Packages] asks the go command, and understands everything. [Fast] reads one package in
// a small part of the time where nothing about it is unusual, and says so where it cannot
// tell; what there is to be said then, [Packages] says.
package load
