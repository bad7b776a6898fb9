package metrics

import "sync"

// Shared is a place for one registry that many parts of a program use. The zero Shared is ready;
// a program keeps it in a variable of its own.
type Shared struct {
	mu      sync.Mutex
	current *Registry
}

// Open returns the registry, which the first call makes: the options of later calls are not
// looked at. After its Shutdown, the next call makes another.
func (s *Shared) Open(o Options) (*Registry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil && !s.current.closed.Load() {
		return s.current, nil
	}
	made, err := New(o)
	if err != nil {
		return nil, err
	}
	s.current = made
	return made, nil
}
