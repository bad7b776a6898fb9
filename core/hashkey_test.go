package core

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHashKeysAreKeptForTheirOwnerAloneTheNewestFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	first, err := AddHashKey(path, false)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	second, err := AddHashKey(path, true)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ReadHashKeys(path)
	if err != nil || len(keys) != 2 || keys[0] != second || keys[1] != first || first.Key == second.Key || len(first.Key.Reveal()) != 32 {
		t.Errorf("%v, %v", keys, err)
	}
	if _, err := AddHashKey(path, false); err == nil {
		t.Error("a file that is there was overwritten")
	}
	if _, err := AddHashKey(path+"x", true); err == nil {
		t.Error("a file that is not there was rotated")
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestAFileOfKeysThatWasChangedIsRefusedWithoutShowingIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	key, err := AddHashKey(path, false)
	if err != nil {
		t.Fatal(err)
	}
	good, _ := os.ReadFile(path)
	digits := fmt.Sprintf("%x", key.Key.Reveal())
	for name, text := range map[string]string{
		"empty": "", "comment": "# x\n", "short": strings.Replace(string(good), digits, digits[:40], 1), "digits": strings.Replace(string(good), digits, digits[:63]+"g", 1),
		"other key": strings.Replace(string(good), digits, strings.Repeat("ab", 32), 1), "words": "a b\n", "long": strings.Repeat("x", 1<<17),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadHashKeys(path); err == nil || strings.Contains(err.Error(), digits[:20]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadHashKeys(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("%v", err)
	}
	if _, err := ReadHashKeys(t.TempDir()); err == nil {
		t.Error("a directory is no file of keys")
	}
}
