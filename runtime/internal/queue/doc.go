// Package queue is for the engine: it lets the commits of one session in a process follow each other.
//
// Of sessiongen's packages it imports runtime alone.
package queue
