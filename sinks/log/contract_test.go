package log

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestTheSinkKeepsTheContract(t *testing.T) {
	file := func(env sinktest.Env) string { return filepath.Join(env.Dir, "logs", "events.log") }
	sinktest.Run(t, sinktest.Harness{
		New: func(_ testing.TB, env sinktest.Env) (core.Sink, error) {
			return New(Options{Format: FormatJSON, Path: file(env)})
		},
		Stored: func(t testing.TB, env sinktest.Env) (ids []string) {
			text, err := os.ReadFile(file(env))
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				var e struct {
					ID string `json:"id"`
				}
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					t.Errorf("%v in %.200q", err, line)
				}
				ids = append(ids, e.ID)
			}
			return ids
		},
		// Where the directory should be there is a file.
		Break: func(t testing.TB, env sinktest.Env) func() {
			dir := filepath.Dir(file(env))
			if err := os.Rename(dir, dir+".away"); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := os.Remove(dir); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(dir+".away", dir); err != nil {
					t.Fatal(err)
				}
			}
		},
	})
}
