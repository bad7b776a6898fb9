package server

import "io"

// gatherer reads all of something into memory that is leased before it is taken. Any body starts with the smallest
// block, whatever length it claims: what is leased grows with what has come, or a few senders that only promise
// would take all there is.
type gatherer struct {
	lease  *lease
	blocks *blocks
	// limit bounds what is read: the last byte of its buffer is only to see that there is more.
	limit int64
	// check is asked, if not nil, about what was read before the buffer grows.
	check func(read int64) error
}

// gather reads r to its end, into a block that the caller gives back. hint is its length, negative if that is not known.
func (g gatherer) gather(r io.Reader, hint int64) ([]byte, error) {
	base, size := g.lease.held, min(firstBlock, g.limit+1)
	if !g.lease.growTo(base + size) {
		return nil, errOverloaded
	}
	buf := g.blocks.take(size)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF:
			return buf, nil
		case err == nil && len(buf) < cap(buf):
			continue
		case err == nil && g.check != nil:
			err = g.check(int64(len(buf)))
		}
		if err == nil && size > g.limit {
			err = errTooLarge
		}
		grown := min(growth*size, g.limit+1)
		if hint >= size && grown > lastBlock {
			grown = min(grown, hint+1) // one more to see the end
		}
		if err == nil && !g.lease.growTo(base+size+grown) { // both are there while one is copied
			err = errOverloaded
		}
		if err != nil {
			g.blocks.give(buf)
			return nil, err
		}
		larger := append(g.blocks.take(grown), buf...)
		g.blocks.give(buf)
		g.lease.shrinkTo(base + grown)
		buf, size = larger, grown
	}
}
