package server

import "sync"

// Sizes of blocks: from 4 KiB to 1 MiB, each four times the one before. Most bodies are longer than the first, and
// every step copies.
const (
	firstBlock = 4 << 10
	lastBlock  = 1 << 20
	growth     = 4
)

// blocks is memory for bodies that is used again: what comes hundreds of times a second need not be allocated, cleared and
// collected each time. The zero value is ready.
type blocks struct{ bySize [5]sync.Pool }

// take returns an empty block of a size, whose content is undefined.
func (b *blocks) take(size int64) []byte {
	if pool := b.poolOf(size); pool != nil {
		if block, _ := pool.Get().(*[]byte); block != nil {
			return (*block)[:0]
		}
	}
	return make([]byte, 0, size)
}

// give takes a block back, to which nothing may refer any more. Those of other sizes are left to the garbage collector.
func (b *blocks) give(block []byte) {
	if pool := b.poolOf(int64(cap(block))); pool != nil {
		pool.Put(&block)
	}
}

func (b *blocks) poolOf(size int64) *sync.Pool {
	for i, s := 0, int64(firstBlock); s <= lastBlock; i, s = i+1, s*growth {
		if s == size {
			return &b.bySize[i]
		}
	}
	return nil
}
