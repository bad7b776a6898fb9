package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// timeFormat is what SQLite's own functions return and understand, in UTC, so that
// "timestamp" >= datetime('now', '-7 days') says what it seems to.
const timeFormat = "2006-01-02 15:04:05.000000"

// Write writes the rows in one transaction. A row that the table refuses is named, and
// the others are written.
func (d *Driver) Write(ctx context.Context, b warehouse.Batch) error {
	c, err := d.connect(ctx)
	if err != nil {
		return d.explain(err)
	}
	refused, err := d.write(ctx, c, b.Rows)
	if err != nil {
		if isLasting(err) {
			d.drop(c)
		}
		return d.explain(err)
	}
	return refused.OrNil()
}

func (d *Driver) write(ctx context.Context, c *connection, rows []warehouse.Row) (refused *core.BatchError, err error) {
	var tx *sql.Tx
	if err := d.whileBusy(ctx, func() (err error) {
		tx, err = c.db.BeginTx(ctx, nil)
		return err
	}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the engine may have done so already
		}
	}()
	// A context that can be done costs a goroutine for each statement. That of the
	// transaction rolls it back when it is done, and the next insert fails.
	insert := tx.StmtContext(context.Background(), c.insert)
	columns := warehouse.Columns()
	values := make([]any, len(columns))
	for i := range rows {
		for k := range columns {
			values[k] = bound(columns[k].Value(&rows[i]))
		}
		_, err := insert.ExecContext(context.Background(), values...)
		switch {
		case err == nil:
		case isData(codeOf(err)):
			if refused == nil {
				refused = new(core.BatchError)
			}
			refused.Fail(i, d.explain(err))
		case errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil:
			return nil, ctx.Err()
		default:
			return nil, err
		}
	}
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	return refused, nil
}

// bound returns a value as it is bound: text rather than a blob or a time.
func bound(value any) any {
	switch v := value.(type) {
	case []byte:
		return string(v)
	case time.Time:
		return v.Format(timeFormat)
	}
	return value
}
