package sqlite

// Waiting is how many units of work wait for the writer.
func (s *Store) Waiting() int {
	s.writer.mutex.Lock()
	defer s.writer.mutex.Unlock()
	return len(s.writer.queue)
}
