package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/internal/pgwire"
)

// Write writes the rows that the server takes, and names the others.
func (d *driver) Write(ctx context.Context, b warehouse.Batch) error {
	w := writing{driver: d}
	err := d.pool.Do(ctx, func(conn *pgconn.PgConn) error { return w.write(ctx, conn, b.Rows) })
	if err != nil || w.known > 0 {
		d.doubt.raise()
	} else {
		d.doubt.lower()
	}
	return w.outcome(len(b.Rows), pgwire.Explain("insert", err, nil))
}

// writing is the state of one Write.
type writing struct {
	*driver
	done    int // rows from the first on that are in the table or refused
	known   int // rows that were in the table before
	refused core.BatchError
}

// write copies the rows into the table as long as none of them is likely to be there
// already, and otherwise inserts them. An error is one that says nothing about a row.
func (w *writing) write(ctx context.Context, conn *pgconn.PgConn, rows []warehouse.Row) error {
	if !w.doubt.none() {
		return w.divide(ctx, conn, rows)
	}
	err := copyInto(ctx, conn, w.sql.Load().copy, rows)
	switch {
	case err == nil:
		w.done = len(rows)
		return nil
	case conn.IsClosed():
		return err
	case codeOf(err) == uniqueViolation:
		return w.divide(ctx, conn, rows) // nothing was copied
	case isRefused(err):
		return w.split(ctx, conn, rows, err)
	case isCopyUnsupported(err):
		w.doubt.stay()
		return w.divide(ctx, conn, rows)
	default:
		return err
	}
}

// divide inserts rows, and goes on with halves of them when one is refused.
func (w *writing) divide(ctx context.Context, conn *pgconn.PgConn, rows []warehouse.Row) error {
	inserted, err := w.insert(ctx, conn, rows)
	switch {
	case err == nil:
		w.known += len(rows) - int(inserted)
		w.done += len(rows)
		return nil
	case isRefused(err) && !conn.IsClosed():
		return w.split(ctx, conn, rows, err)
	default:
		return err
	}
}

// split inserts the halves of rows of which some are refused.
func (w *writing) split(ctx context.Context, conn *pgconn.PgConn, rows []warehouse.Row, reason error) error {
	if len(rows) == 1 {
		w.refused.Fail(w.done, pgwire.Explain("insert", reason, nil))
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
	if err != nil {
		if w.done == 0 {
			return err
		}
		for i := w.done; i < n; i++ {
			w.refused.Fail(i, err)
		}
	}
	return w.refused.OrNil()
}

const (
	protocolViolation     = "08P01"
	uniqueViolation       = "23505"
	insufficientPrivilege = "42501"
	unsupported           = "0A000"
	wrongObjectType       = "42809"
)

// codeOf returns the code of a server's answer, or "".
func codeOf(err error) string {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return answer.Code
	}
	return ""
}

// isRefused reports whether a value of a row is at fault.
func isRefused(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && pgwire.ClassOf(answer) == core.ClassPermanent
}

// isCopyUnsupported reports whether the table is one that cannot be copied into, though it may be
// inserted into: with row security, or a view.
func isCopyUnsupported(err error) bool {
	code := codeOf(err)
	return code == unsupported || code == wrongObjectType
}
