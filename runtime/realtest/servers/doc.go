// Package servers is for developers of this module and contains tests only. They test the servers
// that package testserver starts, and features that need several kinds of them.
package servers
