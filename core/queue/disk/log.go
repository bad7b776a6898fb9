package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// Log is a [queue.Log] on disk.
type Log struct {
	cfg        Config
	fs         fsys.FS
	slot       slot // where it is in a directory of slots
	segmentDir string
	cursorDir  string

	control sync.Mutex // held by Resume, Pause and Close

	rewriteAgain bool // the last Rewrite failed; guarded by control
	started      bool
	lock         io.Closer // nil: not taken
	keeper       keeper

	commit     committer
	writer     writer        // of whoever leads in commit, or holds control while the log is not resumed
	trouble    trouble       // likewise
	registered atomic.Bool   // every cursor is known to be there when the log is opened again
	registry   sync.Mutex    // held while the list of cursors is written
	rooted     bool          // the directories are on stable storage, guarded by registry
	listed     []string      // the list as it is, guarded by registry; nil: not known
	reclaiming sync.Mutex    // held while segments are removed
	removals   atomic.Uint64 // segments removed
	leftovers  []string      // files that could not be removed, guarded by reclaiming
	reserve    reserve       // room on a disk that is full
	quarantine quarantine    // keeps what is damaged
	buffers    sync.Pool     // of *[]byte, for runs
	counts     healthCounts  // of what went wrong

	mu       sync.Mutex
	opened   bool
	closed   bool       // files were let go
	segments []*segment // in order, without gaps
	active   *segment   // the last one, while it is written to
	end      uint64     // place of the next record
	tail     int64      // bytes of frames in the log, ever since it was opened
	appended uint64
	cursors  []*cursor
	room     chan struct{} // closed and replaced when room appears while somebody waits
	waiting  bool
}

// Open makes a log. It touches no file: [Log.Resume] does.
func Open(cfg Config) (*Log, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	l := &Log{
		cfg: cfg, fs: cfg.FS,
		room:    make(chan struct{}),
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
	l.reserve = reserve{fs: cfg.FS, size: min(cfg.segmentSize(), maxReserve)}
	l.quarantine = quarantine{fs: cfg.FS, limit: min(maxQuarantine, cfg.MaxBytes), logger: cfg.Logger}
	l.workIn(cfg.Dir)
	if cfg.Slots {
		l.slot.root = cfg.Dir
	}
	l.commit.init()
	l.keeper.init()
	return l, nil
}

// workIn has a log that is not open yet be in a directory.
func (l *Log) workIn(dir string) {
	l.cfg.Dir = dir
	l.segmentDir, l.cursorDir = filepath.Join(dir, segmentSubdir), filepath.Join(dir, cursorSubdir)
	l.reserve.path, l.quarantine.dir = filepath.Join(dir, reserveFile), filepath.Join(dir, quarantineSubdir)
	for _, c := range l.allCursors() {
		c.file.moveTo(l.cursorDir)
	}
}

// The parts of a log's directory.
const (
	segmentSubdir    = "log"
	cursorSubdir     = "cursors"
	quarantineSubdir = "quarantine"
	lockFile         = "lock"
	reserveFile      = "reserve"
)

// Resume implements [queue.Log].
func (l *Log) Resume() error {
	l.control.Lock()
	defer l.control.Unlock()
	if l.isClosed() {
		return queue.ErrClosed
	}
	if !l.started {
		if err := l.open(); err != nil {
			if !passing(err) || errors.As(err, new(unusable)) {
				return fmt.Errorf("disk queue %s: %w", l.cfg.Dir, errors.Join(err, l.unlock()))
			}
			_ = l.trouble.met(l, err)
		} else if err := l.register(); err != nil {
			_ = l.trouble.met(l, err)
		}
		l.started = true
		l.keeper.start(l)
	}
	l.commit.admit(nil)
	return nil
}

// unusable is an error that says that the log cannot be used, and that does not pass.
type unusable struct{ error }

func (u unusable) Unwrap() error { return u.error }

// Pause implements [queue.Log].
func (l *Log) Pause() {
	l.control.Lock()
	defer l.control.Unlock()
	l.refuse(queue.ErrPaused)
	l.commit.drain()
	if l.started && !l.isClosed() {
		if err := l.writer.sync(); err != nil {
			_ = l.trouble.met(l, err)
		}
		l.keeper.reclaim()
	}
}

// Stop implements [queue.Log].
func (l *Log) Stop() { l.refuse(queue.ErrClosed) }

// refuse makes appending fail, also where it waits for room.
func (l *Log) refuse(why error) {
	l.commit.admit(why)
	l.mu.Lock()
	l.wakeWaiting()
	l.mu.Unlock()
}

// Close implements [queue.Log].
func (l *Log) Close() error {
	l.Stop()
	l.control.Lock()
	defer l.control.Unlock()
	if l.isClosed() {
		return nil
	}
	l.commit.drain()
	if l.started {
		l.keeper.stop()
	}
	err := l.finish()
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	for _, c := range l.allCursors() {
		c.letGo()
	}
	l.slot.leave(l)
	return errors.Join(err, l.unlock())
}

// finish puts everything on stable storage.
func (l *Log) finish() error {
	l.mu.Lock()
	opened := l.opened
	l.mu.Unlock()
	if !opened {
		return nil
	}
	err := l.writer.seal(l, true)
	err = errors.Join(err, l.syncCursors())
	l.reclaim(false)
	l.reserve.remove()
	return err
}

func (l *Log) unlock() error {
	if l.lock == nil {
		return nil
	}
	err := l.lock.Close()
	l.lock = nil
	return err
}

func (l *Log) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// Durable implements [queue.Log].
func (l *Log) Durable() bool { return true }

// Append implements [queue.Log].
func (l *Log) Append(ctx context.Context, rec []byte) error {
	r := l.commit.newRequest()
	defer l.commit.recycle(r)
	r.one[0] = rec
	r.recs = r.one[:]
	return l.append(ctx, r)
}

// AppendAll implements [queue.Log].
func (l *Log) AppendAll(ctx context.Context, recs [][]byte) (stored int, err error) {
	if len(recs) == 0 {
		return 0, nil
	}
	r := l.commit.newRequest()
	defer l.commit.recycle(r)
	r.recs = recs
	err = l.append(ctx, r)
	return r.stored, err
}

// Snapshot implements [queue.Log].
func (l *Log) Snapshot(cursors []queue.Cursor, into []queue.Position) (end, appended uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, c := range cursors {
		into[i] = c.(*cursor).position()
	}
	return l.end, l.appended
}

// Cursor implements [queue.Log].
func (l *Log) Cursor(name string) queue.Cursor {
	c := l.newCursor(name)
	if l.usable() {
		if err := l.register(); err != nil { // Append tries again, and does not work until it is done
			l.cfg.Logger.Warn("the queue could not keep a new sink's place", "sink", name, "error", err.Error())
		}
	}
	return c
}

func (l *Log) newCursor(name string) *cursor {
	l.mu.Lock()
	defer l.mu.Unlock()
	name = strings.ToValidUTF8(name, "\uFFFD")
	name = name[:min(len(name), maxCursorName)]
	unique := name
	for i := 2; l.hasCursor(unique); i++ {
		unique = fmt.Sprintf("%s#%d", name, i)
	}
	c := &cursor{
		log: l, name: unique, version: 1, before: l.appended,
		held: make(map[uint64][]byte), ready: make(chan struct{}, 1),
		file: newCursorFile(l.fs, l.cursorDir, unique),
	}
	c.moveTo(l.end)
	l.cursors = append(l.cursors, c)
	l.registered.Store(false)
	return c
}

func (l *Log) hasCursor(name string) bool {
	for _, c := range l.cursors {
		if c.name == name {
			return true
		}
	}
	return false
}

// usable reports whether the log is open: before, the files are not known, and after, let go.
func (l *Log) usable() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opened && !l.closed
}

func (l *Log) isOpened() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opened
}

var (
	_ queue.Log    = (*Log)(nil)
	_ queue.Cursor = (*cursor)(nil)
)
