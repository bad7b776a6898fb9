package pgwire

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// Forget deletes the rows of a person from a table, whose name is quoted, and returns how many.
func Forget(ctx context.Context, conn *pgconn.PgConn, table string, ids core.PersonIDs) (deleted int64, err error) {
	n := 0
	sql := warehouse.DeleteStatement(table, warehouse.Quote, func(string) string {
		n++
		return fmt.Sprintf("$%d", n)
	}, ids)
	var values [][]byte
	var types []uint32
	for _, id := range warehouse.PersonValues(ids) {
		values, types = append(values, []byte(id)), append(types, OIDText)
	}
	tag, err := conn.ExecParams(ctx, sql, values, types, nil, nil).Close()
	return tag.RowsAffected(), err
}
