package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestABrokenFileSaysAllThatIsWrongWithItAndWhere(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(files) < 12 {
		t.Fatal(len(files), err)
	}
	env := environ{"WORD": "fast", "EMPTY": "", "KEY": "k", "LINES": "a: b\nc: ${KEY}\n", "NUMBER": "7"}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f, problems := config.Load(data, config.Options{
				Path: filepath.Base(path), Registry: newRegistry(&recorder{}), LookupEnv: env.lookup,
			})
			if len(problems) == 0 || f != nil {
				t.Fatalf("loaded; warnings: %v", f.Warnings)
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(problems.Error()+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), problems.Error()+"\n"); diff != "" {
				t.Error(diff)
			}
		})
	}
}
