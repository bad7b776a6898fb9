package postgres

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/internal/pgwire"
)

// copyFrom is how many rows it takes for the temporary table to be worth its round trips.
const copyFrom = 3000

// Write writes the rows that the server takes, and names the others.
func (d *driver) Write(ctx context.Context, b warehouse.Batch) error {
	w := writing{driver: d}
	err := d.pool.Do(ctx, func(conn *pgconn.PgConn) error { return w.divide(ctx, conn, b.Rows) })
	return w.outcome(len(b.Rows), pgwire.Explain("insert", err, nil))
}

// writing is the state of one Write.
type writing struct {
	*driver
	done    int // rows from the first on that are in the table or refused
	refused core.BatchError
}

// divide writes the rows from done on, and goes on with halves when a value is refused.
// An error is one that says nothing about a row.
func (w *writing) divide(ctx context.Context, conn *pgconn.PgConn, rows []warehouse.Row) error {
	err := w.insert(ctx, conn, rows)
	var answer *pgconn.PgError
	switch {
	case err == nil:
		w.done += len(rows)
		return nil
	case !errors.As(err, &answer) || pgwire.ClassOf(answer) != core.ClassPermanent || conn.IsClosed():
		return err
	case len(rows) == 1:
		w.refused.Fail(w.done, pgwire.Explain("insert", err, nil))
		w.done++
		return nil
	}
	middle := (len(rows) + 1) / 2
	if err := w.divide(ctx, conn, rows[:middle]); err != nil {
		return err
	}
	return w.divide(ctx, conn, rows[middle:])
}

// outcome says what became of n rows after an error that broke off their writing, or nil.
func (w *writing) outcome(n int, err error) error {
	if err == nil || w.done == 0 {
		return errors.Join(err, w.refused.OrNil())
	}
	for i := w.done; i < n; i++ {
		w.refused.Fail(i, err)
	}
	return w.refused.OrNil()
}

// insert writes all of the rows or none.
func (w *writing) insert(ctx context.Context, conn *pgconn.PgConn, rows []warehouse.Row) error {
	sql := w.sql.Load()
	if len(rows) < copyFrom || w.noTemp.Load() {
		return insertArrays(ctx, conn, sql, rows)
	}
	staged, err := insertStaged(ctx, conn, sql, rows)
	if err != nil && !conn.IsClosed() {
		if _, failed := conn.Exec(ctx, "ROLLBACK").ReadAll(); failed != nil {
			return failed
		}
	}
	if !staged && isForbidden(err) {
		w.noTemp.Store(true)
		return insertArrays(ctx, conn, sql, rows)
	}
	return err
}

// insertArrays is the way of one statement.
func insertArrays(ctx context.Context, conn *pgconn.PgConn, sql *statements, rows []warehouse.Row) error {
	columns := warehouse.Columns()
	values, types, formats := make([][]byte, len(columns)), make([]uint32, len(columns)), make([]int16, len(columns))
	const binary = 1
	for i, c := range columns {
		k := kinds[c.Type]
		values[i] = pgwire.AppendArray(make([]byte, 0, pgwire.SizeOf(c, rows)), c, rows, k.oid, true)
		types[i], formats[i] = k.arrayOf, binary
	}
	_, err := conn.ExecParams(ctx, sql.unnest, values, types, formats, nil).Close()
	return err
}

// insertStaged is the way through a temporary table. staged is whether that was made.
func insertStaged(ctx context.Context, conn *pgconn.PgConn, sql *statements, rows []warehouse.Row) (staged bool, err error) {
	if _, err := conn.Exec(ctx, sql.stage).ReadAll(); err != nil {
		return false, err
	}
	size := 0
	for _, c := range warehouse.Columns() {
		size += pgwire.SizeOf(c, rows)
	}
	data := pgwire.AppendCopy(make([]byte, 0, size), rows)
	if _, err := conn.CopyFrom(ctx, bytes.NewReader(data), sql.copy); err != nil {
		return true, err
	}
	_, err = conn.Exec(ctx, sql.merge).ReadAll()
	return true, err
}

// isForbidden reports whether the role lacks a right.
func isForbidden(err error) bool {
	const insufficientPrivilege = "42501"
	var answer *pgconn.PgError
	return errors.As(err, &answer) && answer.Code == insufficientPrivilege
}
