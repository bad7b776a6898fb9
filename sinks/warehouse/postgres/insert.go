package postgres

import (
	"bytes"
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/internal/pgwire"
)

// stageFrom is how many rows are put into a temporary table first. The two ways take about
// as long for some thousands of rows; of more, the server holds the arrays of the one
// several times at once.
const stageFrom = 5000

// insert writes all of the rows that are not there yet, or none, and returns how many.
func (w *writing) insert(ctx context.Context, conn *pgconn.PgConn, rows []warehouse.Row) (inserted int64, err error) {
	sql := w.sql.Load()
	if len(rows) < w.stageFrom || w.noTemp.Load() {
		return insertArrays(ctx, conn, sql, rows)
	}
	inserted, staged, err := insertStaged(ctx, conn, sql, rows)
	if err == nil {
		return inserted, nil
	}
	// The role may lack the right, or a PgBouncer stand between that takes no transactions.
	code := codeOf(err)
	forbidden := !staged && (code == insufficientPrivilege || code == protocolViolation)
	if forbidden {
		w.noTemp.Store(true)
	}
	if conn.IsClosed() {
		return 0, err
	}
	if _, failed := conn.Exec(ctx, "ROLLBACK").ReadAll(); failed != nil {
		return 0, failed
	}
	if forbidden {
		return insertArrays(ctx, conn, sql, rows)
	}
	return 0, err
}

// copyInto is the way of COPY, which takes all of the rows or none, and none that is there already.
func copyInto(ctx context.Context, conn *pgconn.PgConn, sql string, rows []warehouse.Row) error {
	_, err := conn.CopyFrom(ctx, bytes.NewReader(pgwire.AppendCopy(nil, rows)), sql)
	return err
}

// insertArrays is the way of one statement with an array for each column.
func insertArrays(ctx context.Context, conn *pgconn.PgConn, sql *statements, rows []warehouse.Row) (inserted int64, err error) {
	columns := warehouse.Columns()
	values, types, formats := make([][]byte, len(columns)), make([]uint32, len(columns)), make([]int16, len(columns))
	const binary = 1
	for i, c := range columns {
		k := kinds[c.Type]
		values[i] = pgwire.AppendArray(nil, c, rows, k.element)
		types[i], formats[i] = k.array, binary
	}
	tag, err := conn.ExecParams(ctx, sql.insert, values, types, formats, nil).Close()
	return tag.RowsAffected(), err
}

// insertStaged is the way through a temporary table. staged is whether that was made.
func insertStaged(ctx context.Context, conn *pgconn.PgConn, sql *statements, rows []warehouse.Row) (inserted int64, staged bool, err error) {
	if _, err := conn.Exec(ctx, sql.stage).ReadAll(); err != nil {
		return 0, false, err
	}
	if err := copyInto(ctx, conn, sql.copyStage, rows); err != nil {
		return 0, true, err
	}
	results, err := conn.Exec(ctx, sql.merge).ReadAll()
	if err != nil {
		return 0, true, err
	}
	return results[0].CommandTag.RowsAffected(), true, nil
}
