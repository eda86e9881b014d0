// Package queue is for the engine. It serializes the commits of one session within a process.
//
// Of sessiongen's packages it imports runtime alone.
package queue
