package disk

import (
	"encoding/json"
	"errors"
	"hash/crc32"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// namesFile lists the cursors that the log has. A cursor that is listed but whose file is
// lost starts where the log does, and one that is not listed starts at its end.
const namesFile = "names.json"

// maxNamesFile bounds what is read of a file that may be damaged.
const maxNamesFile = 16 << 20

type names struct {
	Names []string `json:"names"`
	CRC   uint32   `json:"crc"` // of the names, each followed by a zero byte
}

var errNames = errors.New("the list of cursors is damaged")

func sumNames(list []string) (sum uint32) {
	for _, name := range list {
		sum = crc32.Update(sum, castagnoli, append([]byte(name), 0))
	}
	return sum
}

// readNames returns the listed names; none if there is no list.
func readNames(fsy fsys.FS, dir string) ([]string, error) {
	f, err := fsy.Open(filepath.Join(dir, namesFile), fsys.Read)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	size, err := f.Size()
	if err != nil || size > maxNamesFile {
		return nil, errors.Join(errNames, err)
	}
	b := make([]byte, size)
	n, err := readThrough(f, b, 0)
	if err != nil {
		return nil, err
	}
	return parseNames(b[:n])
}

func parseNames(b []byte) ([]string, error) {
	var list names
	if json.Unmarshal(b, &list) != nil || sumNames(list.Names) != list.CRC {
		return nil, errNames
	}
	if list.Names == nil {
		list.Names = []string{} // none are listed, which is not the same as no list
	}
	return list.Names, nil
}

// writeNames replaces the list.
func writeNames(fsy fsys.FS, dir string, list []string) error {
	list = slices.Sorted(slices.Values(list))
	b, err := json.Marshal(names{Names: list, CRC: sumNames(list)})
	if err != nil {
		return err
	}
	return writeFile(fsy, filepath.Join(dir, namesFile), func(f fsys.File) error {
		_, err := f.WriteAt(b, 0)
		return err
	})
}
