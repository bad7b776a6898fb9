package snowflake

import (
	"context"
	"database/sql"

	sf "github.com/snowflakedb/gosnowflake"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// Write writes the rows in one statement: all of them, or none.
func (d *writer) Write(ctx context.Context, b warehouse.Batch) error {
	batch, bad := bind(b.Rows, d.merge)
	if batch.rows == 0 {
		return bad.OrNil()
	}
	statement := insertRows(d.table)
	if d.merge {
		statement = mergeRows(d.table, timestamp(batch.from.Add(-d.window)), timestamp(batch.to.Add(d.window)))
	}
	if err := batch.fits(statement); err != nil {
		return err
	}
	err := d.work(ctx, attemptWrite, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(sf.WithRequestID(ctx, d.requests.id(b.ID)), statement, batch.text)
		if err == nil || answered(err) {
			d.requests.answered(b.ID, err == nil)
		}
		return err
	})
	if err != nil {
		return err
	}
	return bad.OrNil()
}
