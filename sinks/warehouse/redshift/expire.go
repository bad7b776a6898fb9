package redshift

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// expirePiece is the time of receipt that one transaction deletes the rows of, from the oldest on.
const expirePiece = 24 * time.Hour

// Expire deletes rows in pieces. There is no DELETE of a number of rows.
func (d *driver) Expire(ctx context.Context, before time.Time) (deleted int64, err error) {
	for {
		n, more, err := d.expirePiece(ctx, before)
		deleted += n
		if err != nil || !more {
			return deleted, err
		}
	}
}

// expirePiece deletes the oldest rows, and reports whether there were any.
func (d *driver) expirePiece(ctx context.Context, before time.Time) (deleted int64, more bool, err error) {
	err = d.transact(ctx, "delete old rows", func(conn *pgconn.PgConn) error {
		oldest, err := d.oldest(ctx, conn, before)
		if err != nil || oldest.IsZero() {
			return err
		}
		more = true
		end := oldest.Add(expirePiece)
		if end.After(before) {
			end = before
		}
		tag, err := conn.ExecParams(ctx, d.sql.expire, [][]byte{timeText(end)}, timeTypes[:1], nil, nil).Close()
		deleted = tag.RowsAffected()
		return err
	})
	return deleted, more && err == nil, err
}

// oldest returns the second in which the oldest of the rows before a time was received, and
// the zero time if there is none.
func (d *driver) oldest(ctx context.Context, conn *pgconn.PgConn, before time.Time) (time.Time, error) {
	result := conn.ExecParams(ctx, d.sql.oldest, [][]byte{timeText(before)}, timeTypes[:1], nil, nil).Read()
	if result.Err != nil || len(result.Rows) == 0 || result.Rows[0][0] == nil {
		return time.Time{}, result.Err
	}
	seconds, err := strconv.ParseInt(string(result.Rows[0][0]), 10, 64)
	return time.Unix(seconds, 0), err
}
