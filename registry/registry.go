package registry

import (
	"fmt"
	"slices"
	"sync"
)

// Default is the registry that [Register] adds to and that programs use unless they
// bring their own.
var Default = NewRegistry()

// Registry maps type names to sinks, and to queues, and holds the language of expressions. It is safe for concurrent use.
type Registry struct {
	mu     sync.RWMutex
	sinks  map[string]Descriptor
	queues map[string]Queue

	language Language
}

// NewRegistry returns an empty registry, for tests and for programs that choose the
// sinks they offer at run time.
func NewRegistry() *Registry {
	return &Registry{sinks: make(map[string]Descriptor), queues: make(map[string]Queue)}
}

// Register adds a sink type to [Default]. It is meant to be called from init and
// panics when the type is taken or its options are not well-formed.
func Register[C any](s Sink[C]) { RegisterIn(Default, s) }

// RegisterIn adds a sink type to r. It panics as [Register] does.
func RegisterIn[C any](r *Registry, s Sink[C]) {
	d, err := describe(s)
	if err != nil {
		panic(fmt.Sprintf("registry: sink type %q: %v", s.Type, err))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.sinks[s.Type]; taken {
		panic(fmt.Sprintf("registry: sink type %q is registered twice", s.Type))
	}
	r.sinks[s.Type] = d
}

// Types returns the registered type names, sorted.
func (r *Registry) Types() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	names := make([]string, 0, len(r.sinks))
	for name := range r.sinks {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Lookup returns the sink registered as typ.
func (r *Registry) Lookup(typ string) (Descriptor, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	d, ok := r.sinks[typ]
	return d, ok
}
