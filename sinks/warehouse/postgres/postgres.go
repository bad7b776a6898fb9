// Package postgres writes events to a table of PostgreSQL, each once.
//
// Import it for its side effect: it registers the driver postgres of the warehouse sink.
//
// # Writing
//
// Each batch is one statement, which takes all of its rows or none. Most are new, and are
// copied into the table: COPY … FROM STDIN. While rows may be there already, which is so
// after a start and after anything that went wrong, a batch is inserted instead, and a row
// whose id is there is left as it is: INSERT … SELECT unnest($1), … ON CONFLICT DO NOTHING
// with an array for each column. A large one is copied into a temporary table and inserted from
// there, by one transaction, if the role may make temporary tables. Should a row that is
// copied be there after all, the unique index makes the copying void, and the batch is inserted.
//
// No statement is prepared by name and nothing is left in a session, so that PgBouncer may stand
// between, whatever its pool_mode.
//
// A row that the server refuses for good is found by halving the batch: at most
// 2·log₂ n + 1 statements for one such row, within the same attempt.
//
// # What the role needs
//
//	GRANT INSERT, SELECT ("id") ON telemetry_events TO headgate;
//	GRANT DELETE, SELECT ("id", "received_at") ON telemetry_events TO headgate; -- retention
//	GRANT DELETE, SELECT ("user_id", "anonymous_id") ON telemetry_events TO headgate; -- headgate forget
//
// and with ensure_schema: create, as long as there is no table, CREATE on the schema.
//
// # A table of one's own
//
// Any table will do that has the columns, with a unique index on id. One that is
// partitioned by timestamp cannot have that: an index on (id, timestamp) is taken instead,
// as an event has the same timestamp however often it is sent. Give it a default
// partition: a row without one is refused, and dead-lettered.
//
// # Retention
//
// Rows are deleted by received_at, some thousands at a time. Of a partitioned table it is
// cheaper to drop partitions than to set retention.
package postgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/internal/pgwire"
)

const port = 5432

// maxBytes keeps the messages of a batch far below what the protocol and the server take
// at once, 1 GiB: https://github.com/postgres/postgres/blob/master/src/include/utils/memutils.h (MaxAllocSize)
const maxBytes = 128 << 20

func init() {
	warehouse.Register(warehouse.DriverInfo{
		Name:      "postgres",
		Summary:   "PostgreSQL: a COPY for each batch, or INSERT … ON CONFLICT (id) DO NOTHING while rows may be there already.",
		Parts:     2,
		Limits:    func(warehouse.Config) core.Limits { return core.Limits{MaxBytes: maxBytes} },
		Validate:  pgwire.Validate,
		DDL:       ddl,
		Erasure:   erasure,
		Statement: statement,
		Open:      open,
	})
}

// statement shows both ways of writing a batch.
func statement(o warehouse.Options) string {
	sql := statementsOf(o.Table, []string{key})
	return sql.copy + ";\n-- or, while rows may be there already:\n" + sql.insert
}

// driver is the [warehouse.Driver].
type driver struct {
	pool    *pgwire.Pool
	options func() warehouse.Options // a function, which fmt shows nothing of: credentials are in it
	// sql is replaced when the table turns out to be told apart by other columns.
	sql   atomic.Pointer[statements]
	doubt doubt
	// stageFrom is how many rows are put into a temporary table first.
	stageFrom int
	// noTemp is set once the server has refused to make a temporary table.
	noTemp atomic.Bool
}

func open(o warehouse.Options) (warehouse.Driver, error) {
	pool, err := pgwire.Open(o, port)
	if err != nil {
		return nil, err
	}
	d := &driver{pool: pool, options: func() warehouse.Options { return o }, stageFrom: stageFrom}
	sql := statementsOf(o.Table, []string{key})
	d.sql.Store(&sql)
	d.doubt.raise()
	return d, nil
}

// Check connects, and looks at the table as far as it should be there.
func (d *driver) Check(ctx context.Context) error {
	o := d.options()
	return d.do(ctx, "check", func(conn *pgconn.PgConn) error {
		if o.Schema == warehouse.SchemaOff {
			return conn.Ping(ctx)
		}
		found, err := inspect(ctx, conn, o.Table)
		switch {
		case err != nil:
			return err
		case !found.exists && o.Schema == warehouse.SchemaCreate:
			return nil
		default:
			return found.problem(o.Table)
		}
	})
}

// EnsureSchema makes the table if it is not there, and finds out whether it will do.
func (d *driver) EnsureSchema(ctx context.Context) error {
	o := d.options()
	return d.do(ctx, "look at table "+o.Table.String(), func(conn *pgconn.PgConn) error {
		found, err := inspect(ctx, conn, o.Table)
		if err == nil && !found.exists && o.Schema == warehouse.SchemaCreate {
			if err = d.create(ctx, conn, found.schemaExists); err == nil {
				found, err = inspect(ctx, conn, o.Table)
			}
		}
		if err != nil {
			return err
		}
		if err := found.problem(o.Table); err != nil {
			return err
		}
		sql := statementsOf(o.Table, found.unique)
		d.sql.Store(&sql)
		return nil
	})
}

// expirePiece is how many rows one statement deletes.
const expirePiece = 5000

// Expire deletes rows in pieces, each a transaction of its own.
func (d *driver) Expire(ctx context.Context, before time.Time) (deleted int64, err error) {
	sql := fmt.Sprintf(`DELETE FROM %[1]s WHERE "received_at" < $1 AND "id" IN (SELECT "id" FROM %[1]s WHERE "received_at" < $1 LIMIT %[2]d)`,
		d.options().Table.Quoted(warehouse.Quote), expirePiece)
	bound := [][]byte{pgwire.AppendTime(nil, before)}
	for {
		var n int64
		err := d.do(ctx, "delete old rows", func(conn *pgconn.PgConn) error {
			tag, err := conn.ExecParams(ctx, sql, bound, []uint32{pgwire.OIDTimestamptz}, nil, nil).Close()
			n = tag.RowsAffected()
			return err
		})
		deleted += n
		if err != nil || n < expirePiece {
			return deleted, err
		}
	}
}

// do calls f with a connection and explains what went wrong.
func (d *driver) do(ctx context.Context, attempted string, f func(*pgconn.PgConn) error) error {
	return pgwire.Explain(attempted, d.pool.Do(ctx, f), nil)
}

// Close ends the connections.
func (d *driver) Close(ctx context.Context) error { return d.pool.Close(ctx) }

var _ warehouse.Driver = (*driver)(nil)
