package sqlstore

// Done is closed when no background work is left.
func (s *Store) Done() <-chan struct{} { return s.done }

// Prefix is what the names of the tables begin with.
func (s *Store) Prefix() string { return s.prefix }

// Pause is how long a sweeper waits.
var Pause = pause
