// Package frameworks is a module of its own, so that no web framework is among the
// requirements of sessiongen. Each folder is a program that serves the same few pages with
// sessions of the one schema in visitor, and is held to the same by endtoend.
package frameworks
