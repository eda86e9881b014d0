package sessiontest

import (
	"fmt"
	"reflect"
	"strings"
)

const redacted = "[redacted]"

// hideSecrets hides the values of secret fields in a snapshot. A field is secret if the session
// prints one redacted value less after the field was cleared. load returns sessions for this
// purpose only.
func (s snapshot) hideSecrets(load func() any) {
	secrets := redactions(load())
	if secrets == 0 {
		return
	}
	for name, value := range s.fields {
		session := load()
		reflect.ValueOf(session).MethodByName("Clear" + name).Call(nil)
		// Clearing a principal clears the other fields, too, which proves nothing about it.
		if redactions(session) < secrets && len(setFields(session)) == len(s.fields)-1 {
			s.fields[name] = secret{value}
		}
	}
}

// redactions returns the number of values that a session prints as redacted.
func redactions(session any) int { return strings.Count(fmt.Sprint(session), redacted) }

// secret is a value that can be compared but is not shown.
type secret struct{ value any }

func (secret) String() string { return redacted }
