package ownfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// only fails the test unless a directory has one file, of its owner alone, with a text.
func only(t *testing.T, path, text string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Fatalf("the directory has %v, %v", entries, err)
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != text {
		t.Errorf("the file has %q, %v; want %q", got, err, text)
	}
	if info, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
}

func TestReplacePutsAFileInThePlaceOfAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"first", "second"} {
		if err := Replace(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		only(t, path, text)
	}
}

func TestOfSeveralWhoCreateAFileOneWins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var won atomic.Value
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			text := fmt.Sprint("of ", i)
			switch err := Create(path, []byte(text)); {
			case err == nil && !won.CompareAndSwap(nil, text):
				t.Error("two have won")
			case err != nil && !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
		})
	}
	all.Wait()
	only(t, path, won.Load().(string))
}

func TestWhatCannotBeWrittenLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "by a directory"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(string, []byte) error{"Replace": Replace, "Create": Create} {
		if err := write(filepath.Join(dir, "missing", "file"), nil); err == nil {
			t.Errorf("%s: a directory that is missing has it", name)
		}
		if err := write(taken, []byte("x")); err == nil {
			t.Errorf("%s: a directory was replaced", name)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left are %v, %v", entries, err)
	}
}
