package expiry

import "time"

// MinTombstoneLife is the shortest time for which a store remembers a deleted session, as
// runtime.Store's Delete requires. It outlasts the requests that were in flight when the session
// ended, so that none of them brings the session back.
const MinTombstoneLife = 60 * time.Second

// TombstoneLife is the time for which the stores of this module remember a deleted session. It
// is longer than [MinTombstoneLife] because a clock may step forward.
const TombstoneLife = 2 * MinTombstoneLife
