package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestTheSinkKeepsTheContract(t *testing.T) {
	path := func(env sinktest.Env) string { return filepath.Join(env.Dir, "warehouse.db") }
	sinktest.Run(t, sinktest.Harness{
		New: func(t testing.TB, env sinktest.Env) (core.Sink, error) {
			return warehouse.New(t.Context(), env.Env, warehouse.Config{Driver: "sqlite", Path: path(env), Table: table, Retention: "90d"})
		},
		Stored: func(t testing.TB, env sinktest.Env) (ids []string) {
			for _, row := range readRows(t, path(env)) {
				ids = append(ids, row.ID)
			}
			return ids
		},
		Break: func(t testing.TB, env sinktest.Env) func() { return lockFile(t, path(env)) },
	})
}
