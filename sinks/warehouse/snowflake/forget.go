package snowflake

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

const attemptForget = "delete the rows of a person"

var erasure = warehouse.Erasure{
	Statement: func(o warehouse.Options, ids core.PersonIDs) string {
		return warehouse.DeleteStatement(tableName(o.Table), quote, warehouse.EscapedLiteral, ids)
	},
	Notes: []string{"Time Travel keeps deleted rows for DATA_RETENTION_TIME_IN_DAYS, one day for a table that headgate has made; it cannot be cut short for some rows"},
}

// Forget deletes the rows of a person, by a statement for each column.
func (d *writer) Forget(ctx context.Context, ids core.PersonIDs) (deleted int64, err error) {
	for _, c := range warehouse.PersonColumns(ids) {
		list, err := json.Marshal(c.IDs)
		if err != nil {
			return deleted, err
		}
		err = d.work(ctx, attemptForget, func(ctx context.Context, conn *sql.Conn) error {
			result, err := conn.ExecContext(ctx, deleteListed(d.table, c.Name), string(list))
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			deleted += n
			return err
		})
		if err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

// deleteListed deletes the rows whose column has a value that is in the one parameter, a JSON array.
func deleteListed(t warehouse.Table, column string) string {
	return "DELETE FROM " + tableName(t) + " WHERE " + quote(column) + " IN (SELECT f.value::VARCHAR FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) AS f)"
}

var _ warehouse.Forgetter = (*writer)(nil)
