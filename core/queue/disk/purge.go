package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// Purge removes all that the log in a directory has, and returns how many records there
// were that some sink had not finished. It fails if another process uses the log, whose id the error names. A
// directory that is missing has nothing.
func Purge(dir string) (records uint64, err error) { return purge(fsys.OS{}, dir) }

func purge(fsy fsys.FS, dir string) (records uint64, err error) {
	l, err := Open(Config{Dir: dir, FS: fsy})
	if err != nil {
		return 0, err
	}
	if _, err := fsy.List(l.segmentDir); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err := l.takeLock(); err != nil {
		return 0, fmt.Errorf("disk queue %s: %w", l.cfg.Dir, err)
	}
	defer func() { err = errors.Join(err, l.unlock()) }()
	if f, err := l.find(); err == nil { // else it is purged without being counted
		records = f.unfinished()
	}
	// The records go first: places without records do no harm, but records without places
	// would be sent again.
	for _, dir := range []string{l.segmentDir, l.quarantine.dir, l.cursorDir} {
		if err := removeAll(fsy, dir); err != nil {
			return records, err
		}
	}
	if err := fsy.Remove(l.reserve.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return records, err
	}
	return records, nil
}

// unfinished returns the number of records that some cursor has not finished.
func (f *found) unfinished() uint64 {
	if len(f.segments) == 0 {
		return 0
	}
	end := f.newest.end
	begin := f.segments[0].base
	all := spans{{first: begin, end: end}}
	if len(f.cursors) > 0 && len(f.broken) == 0 && !f.unlisted {
		all = nil
		for _, state := range f.cursors {
			all = append(all, state.pending...)
			if next := max(begin, state.next); next < end {
				all = append(all, span{first: next, end: end})
			}
		}
	}
	all.union()
	return all.records()
}

// removeAll removes the files in a directory, for good.
func removeAll(fsy fsys.FS, dir string) error {
	files, err := fsy.List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, file := range files {
		err = errors.Join(err, fsy.Remove(filepath.Join(dir, file)))
	}
	return errors.Join(err, fsy.SyncDir(dir))
}
