// Package header is for the engine. It scans the Cookie headers of a request and edits the
// header of a response.
//
// It imports nothing of sessiongen's.
package header
