package snowflake

import (
	"context"
	"database/sql"
	"time"
)

// expirePiece is how much is deleted at once. While it is, a MERGE waits.
const expirePiece = 24 * time.Hour

// Expire deletes the rows that were received before a time, those of a day at once. When
// there are none the virtual warehouse is not started.
func (d *writer) Expire(ctx context.Context, before time.Time) (deleted int64, err error) {
	for {
		n, more, err := d.expireSome(ctx, before)
		deleted += n
		if err != nil || !more {
			return deleted, err
		}
	}
}

// expireSome deletes the oldest rows and reports whether there may be more.
func (d *writer) expireSome(ctx context.Context, before time.Time) (n int64, more bool, err error) {
	var oldest sql.NullTime
	err = d.work(ctx, attemptExpire, func(ctx context.Context, conn *sql.Conn) error {
		return conn.QueryRowContext(ctx, oldestRow(d.table)).Scan(&oldest)
	})
	if err != nil || !oldest.Valid || !oldest.Time.Before(before) {
		return 0, false, err
	}
	until := oldest.Time.Add(expirePiece)
	if until.After(before) {
		until = before
	}
	err = d.work(ctx, attemptExpire, func(ctx context.Context, conn *sql.Conn) error {
		result, err := conn.ExecContext(ctx, deleteRows(d.table, until))
		if err == nil {
			n, err = result.RowsAffected()
		}
		return err
	})
	return n, n > 0 && until.Before(before), err
}
