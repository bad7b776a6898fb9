package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// envPath is the variable that names the file.
const envPath = "HEADGATE_CONFIG"

// Find returns the path of the file to read: flag if it is not empty, else
// [DefaultPath] in the working directory if it exists, else what the environment
// variable HEADGATE_CONFIG names. It returns "" when there is no file. A nil lookup is
// os.LookupEnv.
func Find(flag string, lookup func(name string) (string, bool)) string {
	if flag != "" {
		return flag
	}
	if _, err := os.Stat(DefaultPath); !errors.Is(err, fs.ErrNotExist) { // one that cannot be read is not passed over
		return DefaultPath
	}
	if lookup == nil {
		lookup = os.LookupEnv
	}
	path, _ := lookup(envPath)
	return path
}

// readFile reads no more than is needed to see that a file is too large.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("it is a directory")
	}
	return io.ReadAll(io.LimitReader(f, maxFileBytes+4))
}

// warnReadable adds a warning when everybody on the machine can read the secrets in the file.
func (f *File) warnReadable() {
	info, err := os.Stat(f.Path)
	if err != nil || runtime.GOOS == "windows" || !info.Mode().IsRegular() {
		return // elsewhere the mode says nothing
	}
	if mode := info.Mode().Perm(); mode&0o004 != 0 {
		f.Warnings = append(Problems{{File: f.Path, Message: fmt.Sprintf("the file holds secrets and every user can read it (mode %04o)", mode)}}, f.Warnings...)
	}
}
