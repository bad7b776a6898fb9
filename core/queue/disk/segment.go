package disk

import (
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

const (
	segmentSuffix = ".log"
	tmpSuffix     = ".tmp"

	maxSegment = 16 << 20
	minSegment = 4 << 10
)

// segment is one file of the log. It has the records from base to the base of the segment
// behind it, as far as they are not damaged.
type segment struct {
	path string
	header
	sum uint32 // of the salt

	// doubtful is set when the file was changed and could not be synced: then it is not synced again.
	doubtful atomic.Bool

	// Guarded by Log.mu.
	end     uint64 // place behind its last record
	size    int64  // offset behind its last frame
	alloc   int64  // what it takes of the log's bound
	before  int64  // bytes of frames in the log before it
	removed bool
	noted   []damage

	reader reader
}

// damage is a region of a segment without intact frames, and the places that were in it.
type damage struct {
	off, upTo  int64
	first, end uint64
}

// segmentName returns the name of the file whose first record is at a place.
func segmentName(base uint64) string { return fmt.Sprintf("%020d%s", base, segmentSuffix) }

func parseSegmentName(name string) (base uint64, ok bool) {
	digits, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	base, err := strconv.ParseUint(digits, 10, 64)
	return base, err == nil
}

func newSegment(path string, h header) *segment {
	s := &segment{path: path, header: h, sum: h.salt.sum(), end: h.base, size: dataStart}
	s.reader.path = path
	return s
}

// createSegment makes the file of a segment with room for so many bytes. It is there as a whole, or
// not at all.
func createSegment(fs fsys.FS, dir string, h header, room int64) (*segment, fsys.File, error) {
	h.salt = newSalt()
	path := filepath.Join(dir, segmentName(h.base))
	f, err := createFile(fs, path, func(f fsys.File) error {
		if err := f.Reserve(room); err != nil {
			return err
		}
		_, err := f.WriteAt(h.encode(), 0)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return newSegment(path, h), f, nil
}

func newSalt() (s salt) {
	_, _ = rand.Read(s[:]) // never fails
	return s
}

// createFile makes a file by way of another name, so that after a crash it is there with what fill
// has written, or not at all. It is on stable storage when createFile returns.
func createFile(fs fsys.FS, path string, fill func(fsys.File) error) (fsys.File, error) {
	if err := writeFile(fs, path, fill); err != nil {
		return nil, err
	}
	return fs.Open(path, fsys.ReadWrite)
}

// writeFile is createFile for a file that need not stay open.
func writeFile(fs fsys.FS, path string, fill func(fsys.File) error) error {
	tmp := path + tmpSuffix
	f, err := fs.Create(tmp)
	if err != nil {
		return err
	}
	if err = fill(f); err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close()) // before it is renamed, which some systems ask for
	if err == nil {
		err = fs.Rename(tmp, path)
	}
	if err != nil {
		_ = fs.Remove(tmp)
		return err
	}
	return fs.SyncDir(filepath.Dir(path))
}

// reader opens a file while somebody reads it.
type reader struct {
	path string
	mu   sync.Mutex
	file fsys.File
	refs int
}

// acquire opens the file unless it is open. Each successful call needs a release.
func (r *reader) acquire(fs fsys.FS) (fsys.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		f, err := fs.Open(r.path, fsys.Read)
		if err != nil {
			return nil, err
		}
		r.file = f
	}
	r.refs++
	return r.file, nil
}

func (r *reader) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refs--; r.refs == 0 {
		_ = r.file.Close() // of a file that was only read
		r.file = nil
	}
}
