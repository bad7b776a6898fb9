package server

import "io"

// firstBuffer is what any body starts with, whatever length it claims: what is leased grows
// with what has come, or a few senders that only promise would take all there is.
const (
	firstBuffer = 4 << 10
	growth      = 4 // times, for most bodies are longer, and every step copies
)

// gatherer reads all of something into memory that is leased before it is allocated.
type gatherer struct {
	lease *lease
	// limit bounds the buffer: it holds one byte more at most.
	limit int64
	// check is asked, if not nil, about what was read before the buffer grows.
	check func(read int64) error
}

// gather reads r to its end. hint is its length, negative if that is not known.
func (g gatherer) gather(r io.Reader, hint int64) ([]byte, error) {
	base := g.lease.held
	size := min(firstBuffer, g.limit+1)
	if hint >= 0 {
		size = min(size, hint+1) // one more to see the end
	}
	if !g.lease.growTo(base + size) {
		return nil, errOverloaded
	}
	buf := make([]byte, 0, size)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return nil, err
		case len(buf) < cap(buf):
			continue
		}
		if g.check != nil {
			if err := g.check(int64(len(buf))); err != nil {
				return nil, err
			}
		}
		if size > g.limit {
			return nil, errTooLarge
		}
		grown := min(growth*size, g.limit+1)
		if hint > size {
			grown = min(grown, hint+1)
		}
		if !g.lease.growTo(base + size + grown) { // both are there while one is copied
			return nil, errOverloaded
		}
		buf = append(make([]byte, 0, grown), buf...)
		g.lease.shrinkTo(base + grown)
		size = grown
	}
}
