package disk

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

const (
	slots    = 3
	slotSize = 16 << 10

	cursorSuffix = ".cursor"
	keptSuffix   = ".kept"
)

// cursorFile keeps a cursor's state in slots. A write survives the end of the process, a
// sync that of the machine. What the last sync put on stable storage is not written over
// before the next has: between two syncs the other slots are written in turn, so that a
// write that is torn costs no more than itself.
type cursorFile struct {
	fs   fsys.FS
	path string
	name string

	syncs sync.Mutex // held while something is put on stable storage

	mu         sync.Mutex
	file       fsys.File // nil: there is none
	gone       bool      // the cursor is, or the log is closed
	failed     bool      // a write or sync failed: another file is to take its place
	found      bool      // what it has may be with the operating system only, and is synced before it is written to
	generation uint64
	newest     int // slot of the newest state
	safe       int // slot on stable storage
	syncing    int // slot that a sync under way puts there; -1: none
	wrote      uint64
	synced     uint64 // versions of the cursor
	buf        []byte
}

// stateFunc encodes a cursor's state as it is now, and tells the version of it.
type stateFunc func(b []byte, generation uint64) (_ []byte, version uint64)

// fileName makes a file's name of any name: lower-case letters, digits and a few more stand for
// themselves.
func fileName(name string) string {
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() > 120 {
		sum := sha256.Sum256([]byte(name))
		return fmt.Sprintf("%%%x", sum[:16])
	}
	return b.String()
}

func newCursorFile(fs fsys.FS, dir, name string) *cursorFile {
	return &cursorFile{fs: fs, path: filepath.Join(dir, fileName(name)+cursorSuffix), name: name, syncing: -1}
}

// moveTo has a file that does not exist yet be in a directory.
func (f *cursorFile) moveTo(dir string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.path = filepath.Join(dir, filepath.Base(f.path))
}

// readCursorFile returns the newest state in a file, and the slot it is in.
func readCursorFile(fs fsys.FS, path string) (name string, s cursorState, slot int, err error) {
	f, err := fs.Open(path, fsys.Read)
	if err != nil {
		return "", s, 0, err
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, slots*slotSize)
	n, err := readThrough(f, b, 0)
	if err != nil {
		return "", s, 0, err
	}
	return parseSlots(b[:n])
}

func parseSlots(b []byte) (name string, s cursorState, slot int, err error) {
	slot = -1
	for i := range slots {
		if i*slotSize >= len(b) {
			break
		}
		n, state, err := parseState(b[i*slotSize : min(len(b), (i+1)*slotSize)])
		if err == nil && (slot < 0 || state.generation > s.generation) {
			name, s, slot = n, state, i
		}
	}
	if slot < 0 {
		return "", s, 0, errState
	}
	return name, s, slot, nil
}

// adopt goes on writing to the file that is there, whose newest state is in a slot.
func (f *cursorFile) adopt(generation uint64, slot int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := f.fs.Open(f.path, fsys.ReadWrite)
	if err != nil {
		return // another takes its place
	}
	f.file, f.generation, f.newest, f.safe, f.found = file, generation, slot, slot, true
}

// replace makes a new file with the cursor's state, on stable storage. It is called with syncs held.
func (f *cursorFile) replace(state stateFunc) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return nil
	}
	f.generation++
	var version uint64
	f.buf, version = state(f.buf[:0], f.generation)
	if f.file != nil {
		_ = f.file.Close() // of no more use
		f.file = nil
	}
	file, err := createFile(f.fs, f.path, func(file fsys.File) error {
		b := make([]byte, slots*slotSize) // so that the disk has room for what is written later
		copy(b, f.buf)
		_, err := file.WriteAt(b, 0)
		return err
	})
	if err != nil {
		f.failed = true
		return err
	}
	f.file, f.failed, f.found, f.newest, f.safe, f.wrote, f.synced = file, false, false, 0, 0, version, version
	return nil
}

// write writes the cursor's state unless it has been written.
func (f *cursorFile) write(state stateFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writeLocked(state)
}

func (f *cursorFile) writeLocked(state stateFunc) {
	if f.file == nil || f.failed || f.found {
		return
	}
	b, version := state(f.buf[:0], f.generation+1)
	f.buf = b
	if version == f.wrote {
		return
	}
	slot := f.free()
	if _, err := f.file.WriteAt(b, int64(slot)*slotSize); err != nil {
		f.failed = true
		return
	}
	f.generation++
	f.newest, f.wrote = slot, version
}

// free returns the slot to write next: one that is not on stable storage nor on its way there, and not
// the newest if there is a choice.
func (f *cursorFile) free() int {
	slot := -1
	for i := range slots {
		if i == f.safe || i == f.syncing {
			continue
		}
		if slot < 0 || slot == f.newest {
			slot = i
		}
	}
	return slot
}

// keepFound puts the state that was found on stable storage. It is called with mu and syncs held.
func (f *cursorFile) keepFound() {
	if !f.found || f.file == nil || f.failed {
		return
	}
	file := f.file
	f.mu.Unlock()
	err := file.Sync()
	f.mu.Lock()
	f.found = false
	f.failed = f.failed || err != nil
}

// sync puts the cursor's state on stable storage. Where that fails, the file is not used again.
func (f *cursorFile) sync(state stateFunc) error {
	f.syncs.Lock()
	defer f.syncs.Unlock()
	f.mu.Lock()
	f.keepFound()
	f.writeLocked(state)
	if f.gone {
		f.mu.Unlock()
		return nil
	}
	if f.file == nil || f.failed {
		f.mu.Unlock()
		return f.replace(state)
	}
	if f.wrote == f.synced {
		f.mu.Unlock()
		return nil
	}
	slot, version, file := f.newest, f.wrote, f.file
	f.syncing = slot
	f.mu.Unlock()
	err := file.Sync()
	f.mu.Lock()
	f.syncing = -1
	if err == nil {
		f.safe, f.synced = slot, version
		f.mu.Unlock()
		return nil
	}
	f.failed = true
	f.mu.Unlock()
	return f.replace(state)
}

func (f *cursorFile) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = true
	if f.file != nil {
		_ = f.file.Close() // what it should keep was synced
		f.file = nil
	}
}
