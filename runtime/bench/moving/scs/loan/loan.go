// Package loan has what both versions of the library keep in a session.
package loan

import (
	"encoding/gob"
	"time"
)

// Loan is a book that somebody has borrowed.
type Loan struct {
	Title string
	Due   time.Time
}

func init() {
	// For scs, and for as long as sessions are taken over from it.
	gob.Register([]Loan{})
	gob.Register(time.Time{})
}
