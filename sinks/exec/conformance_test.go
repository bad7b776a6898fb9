//go:build unix

package exec

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestConformance(t *testing.T) {
	sinktest.Run(t, sinktest.Harness{
		New: func(t testing.TB, env sinktest.Env) (core.Sink, error) {
			return Type().New(t.Context(), env.Env, Config{
				Command: []string{os.Args[0]},
				Env: map[string]core.Secret{
					"PROGRAM": core.NewSecret("writes"),
					"OUT":     core.NewSecret(filepath.Join(env.Dir, "out")),
					"API_KEY": env.Secret("api_key"),
					"GORACE":  core.NewSecret("atexit_sleep_ms=0"),
				},
			})
		},
		Stored: func(t testing.TB, env sinktest.Env) (ids []string) {
			text, err := os.ReadFile(filepath.Join(env.Dir, "out"))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				id, _, _ := strings.Cut(line, " ")
				ids = append(ids, id)
			}
			return ids
		},
		Break: func(t testing.TB, env sinktest.Env) (mend func()) {
			out := filepath.Join(env.Dir, "out")
			aside := out + ".aside"
			_ = os.Rename(out, aside)                    // if there is one yet
			if err := os.Mkdir(out, 0o700); err != nil { // nobody can append to a directory
				t.Fatal(err)
			}
			return func() {
				_ = os.Remove(out)
				_ = os.Rename(aside, out)
			}
		},
	})
}
