package crashfs

import (
	"io"
	"io/fs"
	"syscall"
)

// file is an open file.
type file struct {
	fs       *FS
	name     string
	node     *inode
	writable bool
	closed   bool
}

// edit changes a file, and accounts for its size.
func (n *inode) edit(f *FS, e edit) {
	before := len(n.data)
	n.data = e.apply(n.data)
	n.changes = append(n.changes, e)
	f.used += int64(len(n.data) - before)
}

func (h *file) begin(op Op) error {
	if h.closed {
		return &fs.PathError{Op: string(op), Path: h.name, Err: fs.ErrClosed}
	}
	if !h.writable && op != OpRead {
		return &fs.PathError{Op: string(op), Path: h.name, Err: syscall.EBADF}
	}
	return h.fs.begin(op, h.name)
}

// ReadAt implements [io.ReaderAt].
func (h *file) ReadAt(b []byte, off int64) (int, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if err := h.begin(OpRead); err != nil {
		return 0, err
	}
	if off >= int64(len(h.node.data)) {
		return 0, io.EOF
	}
	n := copy(b, h.node.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements [io.WriterAt]. A write that fails may have written some.
func (h *file) WriteAt(b []byte, off int64) (int, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	alive := h.fs.alive() // even if this is the last that the process does
	err := h.begin(OpWrite)
	room := off + int64(len(b)) - int64(len(h.node.data))
	if err == nil && room > 0 && h.fs.capacity > 0 && h.fs.used+room > h.fs.capacity {
		err = &fs.PathError{Op: "write", Path: h.name, Err: syscall.ENOSPC}
		b = b[:max(0, int64(len(b))-(h.fs.used+room-h.fs.capacity))]
	} else if err != nil {
		b = b[:h.fs.rng.IntN(len(b)+1)]
	}
	if alive && !h.closed && len(b) > 0 && !h.fs.readOnly {
		h.node.edit(h.fs, edit{off: off, data: append([]byte(nil), b...)})
	}
	if err != nil {
		return len(b), err
	}
	return len(b), nil
}

// Size implements [fsys.File].
func (h *file) Size() (int64, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if err := h.begin(OpRead); err != nil {
		return 0, err
	}
	return int64(len(h.node.data)), nil
}

// Truncate implements [fsys.File].
func (h *file) Truncate(size int64) error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if err := h.begin(OpTruncate); err != nil {
		return err
	}
	h.node.edit(h.fs, edit{off: size})
	return nil
}

// Reserve implements [fsys.File].
func (h *file) Reserve(size int64) error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if err := h.begin(OpReserve); err != nil {
		return err
	}
	more := size - int64(len(h.node.data))
	if more <= 0 {
		return nil
	}
	if h.fs.capacity > 0 && h.fs.used+more > h.fs.capacity {
		return &fs.PathError{Op: "reserve", Path: h.name, Err: syscall.ENOSPC}
	}
	h.node.edit(h.fs, edit{off: size})
	return nil
}

// Sync implements [fsys.File]. When it fails, what was written and not synced is on stable storage in
// part, and never will be more: the system forgets that it has to be written, as Linux does.
func (h *file) Sync() error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	n, alive := h.node, h.fs.alive()
	if n.syncFailed {
		h.fs.again = append(h.fs.again, h.name)
	}
	if err := h.begin(OpSync); err != nil {
		if alive && !h.closed {
			n.durable = h.fs.someOf(n, 0.5)
			n.changes = nil
			n.syncFailed = true
		}
		return err
	}
	for _, e := range n.changes {
		n.durable = e.apply(n.durable)
	}
	n.changes = nil
	return nil
}

// Close implements [io.Closer].
func (h *file) Close() error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if h.closed {
		return fs.ErrClosed
	}
	h.closed = true
	h.fs.letGo(h)
	return nil
}
