package contest

import (
	"testing"
	"time"
)

// InTime makes attempts until one keeps within its limits of time, and returns "";
// else the attempt says what was late. A busy machine is late by itself now and then,
// what is late by its nature is late every time. Whatever does not depend on time an
// attempt checks each time.
func InTime(t testing.TB, attempt func() (late string)) {
	t.Helper()
	const attempts = 6
	late := ""
	for range attempts {
		if late = attempt(); late == "" || t.Failed() {
			return
		}
	}
	t.Errorf("late in each of %d attempts, in the end so: %s", attempts, late)
}

// Took is how long something takes.
func Took(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
