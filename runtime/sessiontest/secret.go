package sessiontest

import (
	"fmt"
	"reflect"
	"strings"
)

const redacted = "[redacted]"

// hideSecrets keeps the values of secret fields out of what is shown of a snapshot. Which
// they are is told by what a session prints of itself, where a value that is cleared goes
// missing. The sessions that load returns are of no other use.
func (s snapshot) hideSecrets(load func() any) {
	secrets := redactions(load())
	if secrets == 0 {
		return
	}
	for name, value := range s.fields {
		session := load()
		reflect.ValueOf(session).MethodByName("Clear" + name).Call(nil)
		// Leaving a principal clears the other fields, too: it is not what was redacted.
		if redactions(session) < secrets && len(setFields(session)) == len(s.fields)-1 {
			s.fields[name] = secret{value}
		}
	}
}

// redactions is how many values a session prints as redacted.
func redactions(session any) int { return strings.Count(fmt.Sprint(session), redacted) }

// secret is a value that can be compared, and is not shown.
type secret struct{ value any }

func (secret) String() string { return redacted }
