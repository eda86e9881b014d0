// Package servers holds no code. Its tests are about the servers that package testserver
// starts, and about what needs more than one kind of them.
package servers
