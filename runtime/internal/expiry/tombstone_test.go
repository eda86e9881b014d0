package expiry

import (
	"testing"
	"time"
)

func TestTombstonesOutlastTheContract(t *testing.T) {
	if MinTombstoneLife < 60*time.Second || TombstoneLife <= MinTombstoneLife {
		t.Errorf("tombstones last %v, at least %v: the contract asks for 60s, and for some more where clocks step forward",
			TombstoneLife, MinTombstoneLife)
	}
}
