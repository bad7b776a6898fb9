package fsys

import "os"

// Unsynced is [OS] that leaves it to the operating system when anything gets onto stable
// storage. What was written survives the end of the process, not a loss of power.
type Unsynced struct{ OS }

type unsyncedFile struct{ File }

// Open implements [FS].
func (u Unsynced) Open(name string, access Access) (File, error) {
	return unsynced(u.OS.Open(name, access))
}

// Create implements [FS].
func (u Unsynced) Create(name string) (File, error) { return unsynced(u.OS.Create(name)) }

func unsynced(f File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return unsyncedFile{f}, nil
}

// MakeDir implements [FS].
func (Unsynced) MakeDir(name string) error {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(name, dirMode); err != nil {
		return err
	}
	return os.Chmod(name, dirMode) // whatever the umask says
}

// SyncDir implements [FS].
func (Unsynced) SyncDir(string) error { return nil }

// Sync implements [File].
func (unsyncedFile) Sync() error { return nil }

var _ FS = Unsynced{}
