package engine

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// seal is what a session knows of the cookie that it is in, besides what a record
// has.
type seal struct {
	session, principal runtime.Rev // the revisions that the cookie remembers; zero: no record was there
	expires            time.Time   // the absolute deadline
	holder             string      // whose revision principal is; not in the cookie, which says it
}
