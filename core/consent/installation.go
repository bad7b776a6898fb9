package consent

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/headgate-dev/headgate/core/internal/ownfile"
)

const installationFile = "installation_id"

// InstallationID returns the random id (a UUIDv4) of this installation, stored in
// dir, or in [DefaultStateDir] if dir is empty. The first call of any process makes
// and stores it. It identifies the installation only: nothing about the machine or
// the person goes into it.
//
// The id can always be used. An error means that it could not be stored, so that the
// next call returns another one: keep it for as long as the process lives.
func InstallationID(dir string) (string, error) {
	fresh := newUUID()
	path, err := stateFile(dir, installationFile)
	if err != nil {
		return fresh, fmt.Errorf("store the installation id: %w", err)
	}
	if id, ok := readInstallationID(path); ok {
		return id, nil
	}
	err = writeState(path, []byte(fresh+"\n"), claim)
	if err != nil {
		return fresh, fmt.Errorf("store the installation id: %w", err)
	}
	id, ok := readInstallationID(path) // another process may have been first
	if !ok {
		return fresh, errors.New("store the installation id: it was not kept")
	}
	return id, nil
}

// ResetInstallationID forgets the id; the next [InstallationID] makes another one.
func ResetInstallationID(dir string) error {
	path, err := stateFile(dir, installationFile)
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reset the installation id: %w", err)
	}
	return nil
}

// claim stores an id unless a good one is there: the first of several processes wins.
func claim(path string, data []byte) error {
	err := ownfile.Create(path, data)
	if errors.Is(err, fs.ErrExist) {
		if _, ok := readInstallationID(path); ok {
			return nil
		}
	}
	if err != nil { // what is there is no id, or the file system has no links
		return ownfile.Replace(path, data)
	}
	return nil
}

func readInstallationID(path string) (string, bool) {
	data, err := readState(path)
	if err != nil {
		return "", false
	}
	id := bytes.TrimSpace(data)
	return string(id), isUUID(id)
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// isUUID reports whether b is a version 4 UUID in lower case, as newUUID writes it.
func isUUID(b []byte) bool {
	if len(b) != 36 || b[14] != '4' || !bytes.ContainsRune([]byte("89ab"), rune(b[19])) {
		return false
	}
	for i, c := range b {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}
