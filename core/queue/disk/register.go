package disk

import (
	"errors"
	"io/fs"
	"slices"
)

// register sees to it that every cursor is known to be there when the log is opened again.
func (l *Log) register() error {
	l.registry.Lock()
	defer l.registry.Unlock()
	if l.registered.Load() {
		return nil
	}
	if !l.rooted { // names that an earlier process made may not be on stable storage
		if err := errors.Join(l.fs.SyncDir(l.segmentDir), l.fs.SyncDir(l.cursorDir)); err != nil {
			return err
		}
		l.rooted = true
	}
	l.registered.Store(true) // a cursor that comes meanwhile resets it
	cursors := l.allCursors()
	names := make([]string, len(cursors))
	for i, c := range cursors {
		names[i] = c.name
		if err := c.file.sync(c.state); err != nil {
			l.registered.Store(false)
			return err
		}
	}
	if err := l.list(names); err != nil {
		l.registered.Store(false)
		return err
	}
	return nil
}

// list writes the names of the cursors, unless they are what the list has.
func (l *Log) list(names []string) error {
	slices.Sort(names)
	if l.listed != nil && slices.Equal(names, l.listed) {
		return nil
	}
	if err := writeNames(l.fs, l.cursorDir, names); err != nil {
		return err
	}
	l.listed = names
	return nil
}

// forget removes what the log keeps of a cursor that is gone for good.
func (l *Log) forget(c *cursor) {
	l.registry.Lock()
	defer l.registry.Unlock()
	var names []string
	for _, other := range l.allCursors() {
		names = append(names, other.name)
	}
	if err := l.list(names); err != nil {
		l.counts.cursorSyncFailed(l, err)
	}
	c.letGo()
	l.removeFilesOf(c.name)
}

// removeFilesOf removes a cursor's files.
func (l *Log) removeFilesOf(name string) {
	files, _ := l.fs.List(l.cursorDir)
	for _, file := range files {
		if isFileOf(file, name) {
			if err := l.fs.Remove(l.cursorPath(file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				l.counts.cursorSyncFailed(l, err)
			}
		}
	}
}

func isFileOf(file, name string) bool {
	return file == fileName(name)+cursorSuffix || isKeptOf(file, name)
}
