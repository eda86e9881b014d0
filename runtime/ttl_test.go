package runtime_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

func TestTTLsThatStoresRefuse(t *testing.T) {
	const create, update = 1, 2 // the calls that accept the TTL
	for _, c := range []struct {
		ttl     runtime.TTL
		accepts int
	}{
		{runtime.TTL{Idle: 1, Life: 1}, create | update},
		{runtime.TTL{Idle: time.Hour, Life: time.Minute}, create | update},
		{runtime.TTL{Idle: time.Minute, Life: time.Hour}, create | update},
		{runtime.TTL{Idle: time.Hour}, update},
		{runtime.TTL{Idle: time.Hour, Life: -1}, 0},
		{runtime.TTL{Life: time.Hour}, 0},
		{runtime.TTL{Idle: -1, Life: time.Hour}, 0},
		{runtime.TTL{Idle: -1}, 0},
		{runtime.TTL{Idle: -1, Life: -1}, 0},
		{runtime.TTL{}, 0},
	} {
		for _, call := range []struct {
			name string
			err  error
			bit  int
		}{{"Create", c.ttl.CheckCreate(), create}, {"Update", c.ttl.CheckUpdate(), update}} {
			switch accepted := c.accepts&call.bit != 0; {
			case accepted != (call.err == nil):
				t.Errorf("%s with %+v: error %v, want accepted: %v", call.name, c.ttl, call.err, accepted)
			case !accepted && (!strings.Contains(call.err.Error(), c.ttl.Idle.String()) || !strings.Contains(call.err.Error(), "above zero")):
				t.Errorf("%s with %+v: %q lacks the values or the remedy", call.name, c.ttl, call.err)
			}
		}
	}
}
