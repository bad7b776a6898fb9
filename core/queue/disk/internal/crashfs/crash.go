package crashfs

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
)

const (
	page   = 4096 // is written as a whole unless it is torn
	sector = 512  // is written as a whole always
)

// Kill ends the process: what it had open and locked is let go, what it wrote stays. It returns
// what the next process sees.
func (f *FS) Kill() *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current++
	f.left = -1
	for _, d := range f.dirs {
		for _, n := range d.entries {
			n.syncFailed = false
		}
	}
	for h := range f.open {
		f.letGo(h)
	}
	return &FS{f.machine, f.current}
}

// KillAfter ends the process when it has done so many more operations.
func (f *FS) KillAfter(ops int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = ops
}

// Ops returns how many operations were done.
func (f *FS) Ops() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ops
}

// Killed reports whether the process has ended by KillAfter.
func (f *FS) Killed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.left == 0
}

// Fault makes operations fail for which it returns an error; nil for none.
func (f *FS) Fault(fault func(op Op, name string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// SetCapacity bounds the bytes of all files; 0: not.
func (f *FS) SetCapacity(bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.capacity = bytes
}

// Used returns the bytes of all files.
func (f *FS) Used() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.used
}

// SetReadOnly makes everything fail that changes something.
func (f *FS) SetReadOnly(readOnly bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readOnly = readOnly
}

// SyncedAgain returns the files that were synced after a sync of theirs had failed.
func (f *FS) SyncedAgain() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.again)
}

// Image returns what a loss of power would leave behind now. Of what was not synced it keeps each page
// with the probability keep, and tears some of them; of a directory's changes, the first.
func (f *FS) Image(keep float64, seed uint64) *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	image := New(seed)
	copies := map[*inode]*inode{}
	for _, name := range slices.Sorted(maps.Keys(f.dirs)) {
		d := f.dirs[name]
		entries := maps.Clone(d.durable)
		for _, c := range d.changes[:someFirst(image.rng, len(d.changes), keep)] {
			c.apply(entries)
		}
		into := &dir{entries: map[string]*inode{}}
		for _, entry := range slices.Sorted(maps.Keys(entries)) {
			n := entries[entry]
			if copies[n] == nil {
				data := image.someOf(n, keep)
				copies[n] = &inode{data: data, durable: slices.Clone(data)}
				image.used += int64(len(data))
			}
			copies[n].links++
			into.entries[entry] = copies[n]
		}
		into.durable = maps.Clone(into.entries)
		image.dirs[name] = into
	}
	return image
}

// someFirst returns how many of n changes of a directory are kept.
func someFirst(rng *rand.Rand, n int, keep float64) int {
	if rng.Float64() < keep {
		return n
	}
	return int(float64(rng.IntN(n+1)) * min(1, 2*keep))
}

// someOf returns a file with what was synced and some of what was not.
func (f *FS) someOf(n *inode, keep float64) []byte {
	b := slices.Clone(n.durable)
	for _, e := range n.changes {
		if e.data == nil {
			if f.rng.Float64() < keep {
				b = e.apply(b)
			}
			continue
		}
		for at := e.off; at < e.off+int64(len(e.data)); {
			end := min((at/page+1)*page, e.off+int64(len(e.data)))
			part := e.data[at-e.off : end-e.off]
			switch {
			case f.rng.Float64() >= keep:
			case f.rng.IntN(8) == 0: // torn
				if cut := (at/sector+1+int64(f.rng.IntN(page/sector)))*sector - at; cut < int64(len(part)) {
					part = part[:cut]
				}
				fallthrough
			default:
				b = edit{off: at, data: part}.apply(b)
			}
			at = end
		}
	}
	return b
}

// Data returns the bytes of a file, which a test may change in place.
func (f *FS) Data(name string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.dirs[filepath.Dir(name)]
	if d == nil || d.entries[filepath.Base(name)] == nil {
		return nil
	}
	return d.entries[filepath.Base(name)].data
}

// SetData replaces the bytes of a file, or makes it; they are on stable storage.
func (f *FS) SetData(name string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.dirs[filepath.Dir(name)]
	n := d.entries[filepath.Base(name)]
	if n == nil {
		n = &inode{links: 1}
		d.entries[filepath.Base(name)] = n
	}
	f.used += int64(len(data) - len(n.data))
	n.data, n.durable, n.changes = slices.Clone(data), slices.Clone(data), nil
	d.durable = maps.Clone(d.entries)
	d.changes = nil
}

// Clone returns a copy of the file system as it is now, all of it on stable storage.
func (f *FS) Clone(seed uint64) *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	clone := New(seed)
	for name, d := range f.dirs {
		into := &dir{entries: map[string]*inode{}, durable: map[string]*inode{}}
		for entry, n := range d.entries {
			c := &inode{data: slices.Clone(n.data), durable: slices.Clone(n.data), links: 1}
			into.entries[entry], into.durable[entry] = c, c
			clone.used += int64(len(c.data))
		}
		clone.dirs[name] = into
	}
	return clone
}
