package metrics

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// overflow stands for all sets of labels beyond the bound, so that sums stay right. See
// https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute.
var overflow = attribute.NewSet(attribute.Bool("otel.metric.overflow", true))

// series is one set of labels, in the form that recording takes it.
type series struct {
	add    []metric.AddOption
	record []metric.RecordOption
}

func newSeries(set attribute.Set) *series {
	option := metric.WithAttributeSet(set)
	return &series{add: []metric.AddOption{option}, record: []metric.RecordOption{option}}
}

// seriesSet holds the sets of labels a counter or histogram has had. There is no forgetting
// one: its count would start anew.
type seriesSet struct {
	max  int
	full func() // called once

	mu    sync.RWMutex
	known map[string]*series
	rest  *series
}

// of returns the series of labels, or that of the overflow when there are too many.
func (s *seriesSet) of(l Labels) *series {
	var names [16]string
	var buffer [256]byte
	key := l.appendKey(buffer[:0], l.names(names[:0]))
	s.mu.RLock()
	found := s.known[string(key)]
	s.mu.RUnlock()
	if found != nil {
		return found
	}
	return s.insert(string(key), l)
}

func (s *seriesSet) insert(key string, l Labels) *series {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.known[key]; found != nil {
		return found
	}
	if len(s.known) >= s.max {
		if s.rest == nil {
			s.rest = newSeries(overflow)
			s.full()
		}
		return s.rest
	}
	if s.known == nil {
		s.known = make(map[string]*series)
	}
	made := newSeries(l.attributes())
	s.known[key] = made
	return made
}
