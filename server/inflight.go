package server

import "sync/atomic"

// inFlight bounds the bytes of all bodies that are being worked on at once: what they
// cost is a multiple of their bytes, whatever their number.
type inFlight struct{ free atomic.Int64 }

func newInFlight(limit int64) *inFlight {
	f := &inFlight{}
	f.free.Store(limit)
	return f
}

func (f *inFlight) take(n int64) bool {
	if f.free.Add(-n) < 0 {
		f.free.Add(n)
		return false
	}
	return true
}

// lease is what one request has taken of the bound.
type lease struct {
	from *inFlight
	held int64
}

// growTo takes more until n bytes are held, and reports whether there was room.
func (l *lease) growTo(n int64) bool {
	if n <= l.held {
		return true
	}
	if !l.from.take(n - l.held) {
		return false
	}
	l.held = n
	return true
}

// shrinkTo gives back what is held beyond n bytes.
func (l *lease) shrinkTo(n int64) {
	l.from.free.Add(l.held - n)
	l.held = n
}

func (l *lease) release() {
	l.shrinkTo(0)
}
