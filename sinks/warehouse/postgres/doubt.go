package postgres

import (
	"math"
	"sync/atomic"
)

// doubt says for how many more batches rows may be in the table already: after a start, as
// a crash leaves rows whose writing nobody knows of, and after a write that failed, or that
// met a row which was there. Until so many batches have shown to be new, rows are
// inserted in a way that takes either. Copying them is faster, but one row that is
// there makes all of it void, and an entry in the log of the server.
type doubt struct{ left atomic.Int32 }

// cautious is how many batches have to be new.
const cautious = 4

// none reports whether rows are likely to be new.
func (d *doubt) none() bool { return d.left.Load() == 0 }

// raise begins to doubt, unless it is for good.
func (d *doubt) raise() {
	if left := d.left.Load(); left != math.MaxInt32 {
		d.left.CompareAndSwap(left, cautious)
	}
}

// lower is for a batch that was new.
func (d *doubt) lower() {
	if left := d.left.Load(); left > 0 && left != math.MaxInt32 {
		d.left.CompareAndSwap(left, left-1)
	}
}

// stay is for tables that cannot be copied into at all.
func (d *doubt) stay() { d.left.Store(math.MaxInt32) }
