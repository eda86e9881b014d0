// Package engine is for generated code only: it loads, changes and commits the sessions that
// the generated types of an application stand for. Applications use those types, and package
// runtime for stores, options, events and errors.
//
// Of sessiongen's packages it imports runtime, legacy, record, keyring, cookie, wire and, of the runtime's
// internal ones, aside, deadline, header, queue, retry and scratch.
package engine
