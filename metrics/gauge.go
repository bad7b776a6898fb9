package metrics

import (
	"container/list"
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// gaugeValues are the last values of a gauge, by their labels. When there are too many, the
// one that was set longest ago goes.
type gaugeValues struct {
	max    int
	expiry time.Duration // zero: none
	full   func()        // called once

	mu     sync.Mutex
	byKey  map[string]*list.Element
	recent list.List // of *gaugeValue, the last set first
	warned bool
}

type gaugeValue struct {
	key    string
	option metric.MeasurementOption
	value  float64
	set    time.Time
}

func (g *gaugeValues) update(l Labels, value float64) {
	var names [16]string
	var buffer [256]byte
	key := l.appendKey(buffer[:0], l.names(names[:0]))
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if e, ok := g.byKey[string(key)]; ok {
		v := e.Value.(*gaugeValue)
		v.value, v.set = value, now
		g.recent.MoveToFront(e)
		return
	}
	g.expire(now)
	if len(g.byKey) >= g.max {
		g.remove(g.recent.Back())
		if !g.warned {
			g.warned = true
			g.full()
		}
	}
	if g.byKey == nil {
		g.byKey = make(map[string]*list.Element)
	}
	v := &gaugeValue{key: string(key), option: metric.WithAttributeSet(l.attributes()), value: value, set: now}
	g.byKey[v.key] = g.recent.PushFront(v)
}

// observe reports every value that has not expired.
func (g *gaugeValues) observe(_ context.Context, o metric.Observer, gauge metric.Float64Observable) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.expire(time.Now())
	for e := g.recent.Front(); e != nil; e = e.Next() {
		v := e.Value.(*gaugeValue)
		o.ObserveFloat64(gauge, v.value, v.option)
	}
}

// expire removes what was set too long ago, which is at the end of the list.
func (g *gaugeValues) expire(now time.Time) {
	if g.expiry == 0 {
		return
	}
	for e := g.recent.Back(); e != nil && now.Sub(e.Value.(*gaugeValue).set) >= g.expiry; e = g.recent.Back() {
		g.remove(e)
	}
}

func (g *gaugeValues) remove(e *list.Element) {
	delete(g.byKey, g.recent.Remove(e).(*gaugeValue).key)
}
