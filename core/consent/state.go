package consent

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// DefaultStateDir returns the directory of what headgate keeps about a person's
// machine: "headgate" under [os.UserConfigDir]. It need not exist.
func DefaultStateDir() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the user's config directory: %w", err)
	}
	return filepath.Join(dir, "headgate"), nil
}

// StateFile is a file, or a directory, of the state directory.
type StateFile struct{ Name, What string }

// StateFiles returns all that headgate keeps in the state directory. None of it need be there.
func StateFiles() []StateFile {
	return []StateFile{
		{choiceFile, "your choice"},
		{installationFile, "the random id of this installation"},
		{noticeDir, "which notices were shown"},
	}
}

func stateFile(dir, name string) (string, error) {
	if dir == "" {
		var err error
		if dir, err = DefaultStateDir(); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, name), nil
}

// maxState bounds a state file; what headgate writes is far smaller.
const maxState = 4096

// readState returns the contents of a state file, nil if there is none. A directory
// that is missing or may not be searched has none; anything else about the file that
// keeps it from being read is an error.
func readState(path string) ([]byte, error) {
	info, err := os.Stat(path)
	outOfReach := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR)
	switch {
	case outOfReach && !isLink(path):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look at %s: %w", path, err)
	case !info.Mode().IsRegular(): // opening a named pipe would wait for a writer
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxState+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxState {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, maxState)
	}
	return data, nil
}

// isLink reports whether path is a symbolic link, so that one that leads nowhere is
// not taken for a missing file.
func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// writeState writes a file in the state directory, which is made if it is missing, open to its owner alone.
func writeState(path string, data []byte, write func(path string, data []byte) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return write(path, data)
}
