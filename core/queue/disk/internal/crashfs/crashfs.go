// Package crashfs is a file system in memory that loses what was not put on stable storage,
// for tests: a crash of the machine keeps what was synced, and of the rest any pages and the
// beginning of any directory's changes. It also fills up, turns read-only, and fails.
package crashfs

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// ErrKilled is what every operation fails with when the process has ended.
var ErrKilled = errors.New("crashfs: the process has ended")

// FS is a file system in memory as one process sees it. Its methods are safe for concurrent use.
type FS struct {
	*machine
	process int
}

// machine is what processes that come one after another share.
type machine struct {
	mu       sync.Mutex
	rng      *rand.Rand
	dirs     map[string]*dir
	current  int // process; the files, handles and locks of earlier ones are no use
	locks    map[string]int
	open     map[*file]bool
	capacity int64 // 0: none
	used     int64
	readOnly bool
	left     int // operations before the process ends; negative: it does not
	fault    func(op Op, name string) error
	ops      int
	again    []string // files that were synced after a sync of theirs had failed
}

// Op is a kind of operation that can be made to fail.
type Op string

// The operations that change something, and those that read.
const (
	OpOpen     Op = "open"
	OpCreate   Op = "create"
	OpMakeDir  Op = "mkdir"
	OpList     Op = "list"
	OpRemove   Op = "remove"
	OpRename   Op = "rename"
	OpSyncDir  Op = "syncdir"
	OpRead     Op = "read"
	OpWrite    Op = "write"
	OpTruncate Op = "truncate"
	OpReserve  Op = "reserve"
	OpSync     Op = "sync"
)

// dir is a directory: as it is, as it is on stable storage, and what lies between.
type dir struct {
	entries, durable map[string]*inode
	changes          []change
}

// change is a change of a directory.
type change struct {
	remove, add string
	node        *inode
}

func (c change) apply(entries map[string]*inode) {
	if c.remove != "" {
		delete(entries, c.remove)
	}
	if c.add != "" {
		entries[c.add] = c.node
	}
}

// inode is a file: as it is, as it is on stable storage, and what lies between.
type inode struct {
	data, durable []byte
	changes       []edit
	links, opens  int
	syncFailed    bool
}

// edit is a write, or a change of the size.
type edit struct {
	off  int64
	data []byte // nil: the size becomes off
}

func (e edit) apply(b []byte) []byte {
	if e.data == nil {
		return resize(b, e.off)
	}
	if end := e.off + int64(len(e.data)); end > int64(len(b)) {
		b = resize(b, end)
	}
	copy(b[e.off:], e.data)
	return b
}

func resize(b []byte, size int64) []byte {
	if size <= int64(len(b)) {
		return b[:size:size]
	}
	return append(b, make([]byte, size-int64(len(b)))...)
}

// New makes an empty file system. What a crash keeps is drawn from the seed.
func New(seed uint64) *FS {
	return &FS{machine: &machine{
		rng: rand.New(rand.NewPCG(seed, 0)), dirs: map[string]*dir{}, locks: map[string]int{}, open: map[*file]bool{}, left: -1,
	}}
}

// begin checks whether an operation can be done, and counts it. It is called with mu held.
func (f *FS) begin(op Op, name string) error {
	if !f.alive() {
		return ErrKilled
	}
	if f.left > 0 {
		f.left--
	}
	f.ops++
	if f.fault != nil {
		if err := f.fault(op, name); err != nil {
			return &fs.PathError{Op: string(op), Path: name, Err: err}
		}
	}
	if f.readOnly && op != OpOpen && op != OpList && op != OpRead && op != OpSync && op != OpSyncDir {
		return &fs.PathError{Op: string(op), Path: name, Err: syscall.EROFS}
	}
	return nil
}

func (f *FS) alive() bool { return f.process == f.current && f.left != 0 }

func (f *FS) lookup(name string) (*dir, string, error) {
	d := f.dirs[filepath.Dir(name)]
	if d == nil {
		return nil, "", &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return d, filepath.Base(name), nil
}

func (f *FS) unlink(n *inode) {
	n.links--
	f.free(n)
}

func (f *FS) free(n *inode) {
	if n.links == 0 && n.opens == 0 {
		f.used -= int64(len(n.data))
		n.data = nil
	}
}

// Open implements [fsys.FS].
func (f *FS) Open(name string, access fsys.Access) (fsys.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(OpOpen, name); err != nil {
		return nil, err
	}
	if f.readOnly && access == fsys.ReadWrite {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EROFS}
	}
	d, base, err := f.lookup(name)
	if err != nil {
		return nil, err
	}
	n := d.entries[base]
	if n == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.handle(name, n, access == fsys.ReadWrite), nil
}

// Create implements [fsys.FS].
func (f *FS) Create(name string) (fsys.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(OpCreate, name); err != nil {
		return nil, err
	}
	d, base, err := f.lookup(name)
	if err != nil {
		return nil, err
	}
	n := d.entries[base]
	if n == nil {
		n = &inode{links: 1}
		d.change(change{add: base, node: n})
	} else {
		n.edit(f, edit{off: 0})
	}
	return f.handle(name, n, true), nil
}

func (f *FS) handle(name string, n *inode, writable bool) *file {
	n.opens++
	h := &file{fs: f, name: name, node: n, writable: writable}
	f.open[h] = true
	return h
}

// letGo closes a file.
func (f *FS) letGo(h *file) {
	if f.open[h] {
		delete(f.open, h)
		h.node.opens--
		f.free(h.node)
	}
}

// OpenFiles returns how many files are open.
func (f *FS) OpenFiles() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.open)
}

func (d *dir) change(c change) {
	c.apply(d.entries)
	d.changes = append(d.changes, c)
}

// MakeDir implements [fsys.FS].
func (f *FS) MakeDir(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dirs[name] != nil {
		return nil
	}
	if err := f.begin(OpMakeDir, name); err != nil {
		return err
	}
	for ; f.dirs[name] == nil; name = filepath.Dir(name) {
		f.dirs[name] = &dir{entries: map[string]*inode{}, durable: map[string]*inode{}}
	}
	return nil
}

// List implements [fsys.FS].
func (f *FS) List(name string) (names []string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(OpList, name); err != nil {
		return nil, err
	}
	d := f.dirs[name]
	if d == nil {
		return nil, &fs.PathError{Op: "list", Path: name, Err: fs.ErrNotExist}
	}
	for entry := range d.entries {
		names = append(names, entry)
	}
	slices.Sort(names)
	return names, nil
}

// Remove implements [fsys.FS].
func (f *FS) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(OpRemove, name); err != nil {
		return err
	}
	d, base, err := f.lookup(name)
	if err != nil {
		return err
	}
	n := d.entries[base]
	if n == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	d.change(change{remove: base})
	f.unlink(n)
	return nil
}

// Rename implements [fsys.FS]; both names are in one directory.
func (f *FS) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(OpRename, from); err != nil {
		return err
	}
	d, base, err := f.lookup(from)
	if err != nil {
		return err
	}
	n, target := d.entries[base], filepath.Base(to)
	if n == nil || filepath.Dir(from) != filepath.Dir(to) {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	old := d.entries[target]
	d.change(change{remove: base, add: target, node: n})
	if old != nil {
		f.unlink(old)
	}
	return nil
}

// SyncDir implements [fsys.FS].
func (f *FS) SyncDir(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(OpSyncDir, name); err != nil {
		return err
	}
	d := f.dirs[name]
	if d == nil {
		return &fs.PathError{Op: "syncdir", Path: name, Err: fs.ErrNotExist}
	}
	for _, c := range d.changes {
		c.apply(d.durable)
	}
	d.changes = nil
	return nil
}

// Lock implements [fsys.FS].
func (f *FS) Lock(name string) (io.Closer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(OpOpen, name); err != nil {
		return nil, err
	}
	if holder, ok := f.locks[name]; ok && holder == f.process {
		return nil, &fsys.LockedError{Name: name, PID: 1}
	}
	f.locks[name] = f.process
	return &lock{f, name, f.process}, nil
}

type lock struct {
	fs      *FS
	name    string
	process int
}

func (l *lock) Close() error {
	l.fs.mu.Lock()
	defer l.fs.mu.Unlock()
	if l.fs.locks[l.name] == l.process {
		delete(l.fs.locks, l.name)
	}
	return nil
}

// String lists the files, for failed tests.
func (f *FS) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var lines []string
	for name, d := range f.dirs {
		for entry, n := range d.entries {
			lines = append(lines, fmt.Sprintf("%s %d bytes, CRC %08x\n", filepath.Join(name, entry), len(n.data), crc32.ChecksumIEEE(n.data)))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

var _ fsys.FS = (*FS)(nil)
