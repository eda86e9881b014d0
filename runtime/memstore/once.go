package memstore

// SendsOnce is true: there is nobody in between who could repeat a call.
func (s *Store) SendsOnce() bool { return true }
