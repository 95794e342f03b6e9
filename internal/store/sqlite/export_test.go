package sqlite

// Waiting is how many units of work wait for the writer.
func (s *Store) Waiting() int { return s.writer.queue.Waiting() }
