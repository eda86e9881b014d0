package sqlstore

// Done is closed when no background work is left.
func (s *Store) Done() <-chan struct{} { return s.done }
