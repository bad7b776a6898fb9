package disk

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// A directory of slots is for processes that come and go, several at a time: each works
// with a log of its own in it, so that none waits for another. A slot that nobody
// uses is taken by the next that comes, with what is in it, so that there are never more than
// there were processes at once. One that is left empty is removed.
//
// The name of a slot is never used again, and one that is removed gets another name first.
// So whoever opened the lock of a slot that is being removed can tell, once it has the lock, by
// the slot not being there any more.

const (
	slotPrefix = "slot-"
	goneSuffix = ".gone"
)

var (
	// ErrNoSlot means that a slot is not there any more: another process has emptied and removed it.
	ErrNoSlot = errors.New("the slot is not there any more")
	// ErrInUse means that another process uses a log.
	ErrInUse = fsys.ErrLocked
)

// Slots returns the directories of the slots in a directory that have records, in use or not. It
// returns none if the directory is missing.
func Slots(dir string) (slots []string) {
	names, _ := fsys.OS{}.List(dir)
	for _, name := range names {
		slot := filepath.Join(dir, name)
		if records, _ := (fsys.OS{}).List(filepath.Join(slot, segmentSubdir)); isSlot(name) && len(records) > 0 {
			slots = append(slots, slot)
		}
	}
	return slots
}

// InUse reports whether a process uses the log in a directory.
func InUse(dir string) bool {
	release, ok, err := Exclusive(filepath.Join(dir, lockFile))
	if ok {
		release()
	}
	return err == nil && !ok
}

func isSlot(name string) bool {
	return strings.HasPrefix(name, slotPrefix) && !strings.HasSuffix(name, goneSuffix)
}

// OpenSlot makes the log of one slot, as [Slots] returns it. Its Resume fails with [ErrNoSlot]
// if the slot is not there any more, and its Close removes the slot if it is empty.
func OpenSlot(dir string, cfg Config) (*Log, error) {
	cfg.Dir, cfg.Slots = filepath.Dir(dir), true
	l, err := Open(cfg)
	if err != nil {
		return nil, err
	}
	l.slot.only = filepath.Base(dir)
	return l, nil
}

// slot is the place of a log in a directory of slots.
type slot struct {
	root string // the directory of slots; "" for a log that is none
	only string // the slot to take; any if empty
}

// take takes a slot, with its lock, and has the log work in it.
func (s *slot) take(l *Log) error {
	if s.root == "" || l.lock != nil {
		return nil
	}
	if s.only != "" {
		if err := s.lock(l, s.only); err != nil {
			return unusable{err}
		}
		return nil
	}
	if err := l.fs.MakeDir(s.root); err != nil {
		return fmt.Errorf("make the directory: %w", err)
	}
	names, err := l.fs.List(s.root)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, goneSuffix) {
			s.clear(l, filepath.Join(s.root, name)) // whose removal was interrupted
		} else if isSlot(name) && s.lock(l, name) == nil {
			return nil
		}
	}
	return s.make(l)
}

// make makes a slot. Others may take a new one before its maker does, or find that it is empty.
func (s *slot) make(l *Log) (err error) {
	for range 10 {
		name := slotPrefix + strings.ToLower(rand.Text())
		if err = l.fs.MakeDir(filepath.Join(s.root, name)); err == nil {
			err = s.lock(l, name)
		}
		switch {
		case err == nil:
			return nil
		case errors.Is(err, ErrNoSlot), errors.Is(err, ErrInUse), errors.Is(err, fs.ErrNotExist):
		default:
			return fmt.Errorf("make a slot: %w", err)
		}
	}
	return err
}

// lock takes the lock of a slot, if nobody has it.
func (s *slot) lock(l *Log, name string) error {
	dir := filepath.Join(s.root, name)
	lock, err := l.fs.Lock(filepath.Join(dir, lockFile))
	if err == nil {
		if _, gone := l.fs.List(dir); gone != nil { // renamed before the lock was let go
			err = errors.Join(fs.ErrNotExist, lock.Close())
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", name, ErrNoSlot)
	case err != nil:
		return err
	}
	l.lock = lock
	l.workIn(dir)
	return nil
}

// leave removes the slot of a log that is being closed, if there is nothing in it any more but
// what was damaged.
func (s *slot) leave(l *Log) {
	if s.root == "" || l.lock == nil || !l.isFinished() {
		return
	}
	gone := l.cfg.Dir + goneSuffix
	if err := l.fs.Rename(l.cfg.Dir, gone); err != nil {
		return // it is empty, and taken by whoever comes next
	}
	s.clear(l, gone)
}

// clear removes a directory that is no slot any more. Where it cannot, another process will.
func (s *slot) clear(l *Log, dir string) {
	for _, sub := range []string{segmentSubdir, cursorSubdir, quarantineSubdir, "."} {
		files, _ := l.fs.List(filepath.Join(dir, sub))
		for _, file := range files {
			_ = l.fs.Remove(filepath.Join(dir, sub, file))
		}
		_ = l.fs.Remove(filepath.Join(dir, sub))
	}
}

// isFinished reports whether the log has nothing that some cursor has not finished.
func (l *Log) isFinished() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.opened {
		return false
	}
	for _, c := range l.cursors {
		if c.next < l.end || len(c.runs) > 0 || len(c.held) > 0 || c.back.total > 0 {
			return false
		}
	}
	return true
}

// Exclusive takes a lock that one process can have at a time, in a file that is made if it is
// missing. It reports false if another process has it. The lock ends with the process.
func Exclusive(name string) (release func(), ok bool, err error) {
	lock, err := fsys.OS{}.Lock(name)
	switch {
	case errors.Is(err, ErrInUse):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	return func() { _ = lock.Close() }, true, nil
}
