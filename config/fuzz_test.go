package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/config"
)

// FuzzLoad asserts that nothing makes Load panic, that every problem has a place, and
// that what a File prints can be loaded and prints the same again.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/broken/*.yaml"} {
		for _, path := range glob(f, pattern) {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "file:") {
			return // let the fuzzer not read whatever it comes upon
		}
		file, problems := load(text, goodEnv)
		if (file == nil) == (len(problems) == 0) {
			t.Fatalf("want a file or problems, got %v and %v", file, problems)
		}
		lines := strings.Count(text, "\n") + 1
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Message == "" || strings.Contains(p.String(), "\n") {
				t.Errorf("a problem without a place: %+v", p)
			}
		}
		if file != nil {
			checkPrintsAsItLoads(t, file)
		}
	})
}

func checkPrintsAsItLoads(t *testing.T, file *config.File) {
	t.Helper()
	if !file.Privacy.HashKey.IsZero() {
		return // masked, it is too short for a key
	}
	once := file.String()
	again, problems := load(once, goodEnv)
	if len(problems) > 0 {
		t.Fatalf("does not load again:\n%s\n%v", once, problems)
	}
	if twice := again.String(); twice != once {
		t.Errorf("printed as\n%s\nthen as\n%s", once, twice)
	}
}
