//go:build unix

package postgres

import (
	"sync"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestTheSinkKeepsTheContract(t *testing.T) {
	server.Need(t)
	var mu sync.Mutex
	schemas := map[string]string{} // by the name of the sink, the DSN
	dsn := func(t testing.TB, env sinktest.Env) string {
		mu.Lock()
		defer mu.Unlock()
		if schemas[env.Name] == "" {
			schemas[env.Name] = server.Schema(t)
		}
		return schemas[env.Name]
	}
	sinktest.Run(t, sinktest.Harness{
		New: func(t testing.TB, env sinktest.Env) (core.Sink, error) {
			create := warehouse.SchemaCreate
			return warehouse.New(t.Context(), env.Env, warehouse.Config{
				Driver: "postgres", Table: tableName, DSN: env.KnownSecret(dsn(t, env)), EnsureSchema: &create,
			})
		},
		Stored: func(t testing.TB, env sinktest.Env) (ids []string) {
			for _, row := range rowsAt(t, dsn(t, env), tableName) {
				ids = append(ids, row.ID)
			}
			return ids
		},
	})
}
