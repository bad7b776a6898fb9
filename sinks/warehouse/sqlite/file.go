package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

const defaultPath = "headgate.db"

// file is where the database is.
type file struct {
	path  string // absolute: the host program may change its directory
	shown string // what errors say; a dsn is a secret
}

// locate reads path, or dsn: a path or a "file:" URI without parameters.
func locate(c warehouse.Config) (file, error) {
	key, path := "path", c.Path
	f := file{shown: c.Path}
	if !c.DSN.IsZero() {
		if c.Path != "" {
			return f, dsnConflict()
		}
		key, path = "dsn", c.DSN.Reveal()
		f.shown = "the file of dsn"
	} else if path == "" {
		path, f.shown = defaultPath, defaultPath
	}
	if rest, ok := strings.CutPrefix(path, "file:"); ok {
		if strings.ContainsAny(rest, "?#") {
			return f, registry.Field(key, "want a path, or a file: URI without parameters; how the file is opened is the driver's affair")
		}
		unescaped, err := url.PathUnescape(rest)
		if err != nil {
			return f, registry.Field(key, "it is not a valid file: URI")
		}
		path = unescaped
		if local, ok := strings.CutPrefix(path, "//"); ok {
			path = strings.TrimPrefix(local, "localhost")
		}
	}
	switch {
	case path == "", strings.HasSuffix(path, "/"):
		return f, registry.Field(key, "want the name of a file")
	case strings.HasPrefix(path, ":memory:"):
		return f, registry.Field(key, "a database in memory would be lost; want the name of a file")
	case strings.ContainsRune(path, 0):
		return f, registry.Field(key, "it has a NUL")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return f, registry.Field(key, "the working directory cannot be found; want an absolute path")
	}
	f.path = absolute
	return f, nil
}

// make makes the file and its directory, for their owner alone, unless they are there.
func (f file) make() error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return f.systemError("make the directory of", err)
	}
	// SQLite gives the files beside it the same permissions.
	made, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return f.systemError("make", err)
	}
	return made.Close()
}

// check reports whether the file, or one in its place, could be written. It makes none.
func (f file) check() (there bool, err error) {
	existing, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if err == nil {
		return true, existing.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return false, f.systemError("open", err)
	}
	dir := filepath.Dir(f.path)
	for { // the nearest directory that is there
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	trial, err := os.CreateTemp(dir, ".headgate-check-*")
	if err != nil {
		return false, f.systemError("make", err)
	}
	return false, errors.Join(trial.Close(), os.Remove(trial.Name()))
}

// uri is the name by which the engine opens the file, with the parameters that go behind it.
func (f file) uri(parameters url.Values) string {
	path := filepath.ToSlash(f.path)
	if !strings.HasPrefix(path, "/") { // that of a drive
		path = "/" + path
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + parameters.Encode()
}

// lasting are failures that somebody has to set right.
var lasting = []error{
	fs.ErrPermission, fs.ErrNotExist, syscall.EROFS, syscall.ENOTDIR, syscall.EISDIR, syscall.ENAMETOOLONG, syscall.ELOOP,
}

// systemError says what could not be done, without the path that a dsn holds.
func (f file) systemError(what string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	said := fmt.Errorf("%s %s: %w", what, f.shown, err)
	for _, target := range lasting {
		if errors.Is(err, target) {
			return core.Unauthorized(said)
		}
	}
	return said
}
