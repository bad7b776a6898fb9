package sqlite

import (
	"context"
	"time"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

const (
	expireRows = 1000   // that one transaction deletes
	vacuumText = "1000" // pages that one gives back to the file system
)

// Expire deletes rows in small transactions, between which others can write, and then gives
// the pages that became free back to the file system.
func (d *Driver) Expire(ctx context.Context, before time.Time) (deleted int64, err error) {
	c, err := d.connect(ctx)
	if err != nil {
		return 0, d.explain(err)
	}
	statement := "DELETE FROM " + d.table.Quoted(warehouse.Quote) + " WHERE rowid IN (SELECT rowid FROM " +
		d.table.Quoted(warehouse.Quote) + ` WHERE "received_at" < ? ORDER BY "received_at" LIMIT ?)`
	for {
		n, err := d.change(ctx, c, statement, before.UTC().Format(timeFormat), expireRows)
		deleted += n
		if err != nil {
			return deleted, err
		}
		if n == 0 {
			break
		}
	}
	for free := int64(-1); ; {
		var left int64
		if err := c.db.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&left); err != nil {
			return deleted, d.explain(err)
		}
		if left == 0 || left == free { // a file that was made by others may keep its pages
			return deleted, nil
		}
		free = left
		if _, err := d.change(ctx, c, "PRAGMA incremental_vacuum("+vacuumText+")"); err != nil {
			return deleted, err
		}
	}
}

// change executes a statement that takes the lock by itself.
func (d *Driver) change(ctx context.Context, c *connection, statement string, values ...any) (n int64, err error) {
	err = d.whileBusy(ctx, func() error {
		result, err := c.db.ExecContext(ctx, statement, values...)
		if err != nil {
			return err
		}
		n, err = result.RowsAffected()
		return err
	})
	return n, d.explain(err)
}
