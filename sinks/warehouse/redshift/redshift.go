// Package redshift writes events to a table of Amazon Redshift, each once.
//
// Import it for its side effect: it registers the driver redshift of the warehouse sink.
//
// # Writing
//
// Redshift has unique keys in name only, no ON CONFLICT and no COPY from a client. So a batch
// is one transaction: rows go into a temporary table by INSERT … VALUES of many rows,
// the JSON through JSON_PARSE, and from there into the table unless their id is there
// already, among the rows that were received up to dedupe_window before or after them. What
// headgate itself sends again was received at the same time however often it is sent; the
// window is for senders that report an event again.
//
// Two such transactions at once would not see each other's rows, under snapshot isolation, or
// one would be broken off with error 1023, under serializable isolation. So each begins by
// locking a table of its own, <table>_lock, which nobody reads: writers wait for one
// another, and queries for none of them. For the same reason the sink's concurrency is 1.
//
// A batch costs Redshift about the same whether it has ten rows or two thousand. Set
// batch: {max_events: 2000, max_wait: 60s} and timeout: 60s, or more where rows may come late.
// What the server refuses for good is found by the dispatcher, which splits the batch.
//
// # What the role needs
//
//	GRANT INSERT, SELECT ON telemetry_events TO headgate;
//	GRANT SELECT, INSERT, UPDATE, DELETE ON telemetry_events_lock TO headgate;
//	GRANT DELETE ON telemetry_events TO headgate; -- retention, and headgate forget
//	GRANT TEMP ON DATABASE analytics TO headgate;
//
// # Signing in
//
// With user and password, which may stand in a file that is read for every connection:
// what asks IAM for temporary credentials (aws redshift get-cluster-credentials) can renew it there.
//
// # Loading from S3
//
// Redshift loads files from S3 faster than it takes rows from a client. This driver does not do
// that: it would need the credentials of a bucket, and somebody to clear it. Millions of events
// an hour are better written to files, by a log sink with format: json and a path, copied to a
// bucket, and loaded by a scheduled query, with
// {"jsonpaths": ["$.id", "$.name", "$.properties", "$.time", "$.kind", "$.user_id", "$.anonymous_id", "$.session_id", "$.context"]}
// in the bucket as events.jsonpaths:
//
//	CREATE TEMP TABLE stage (id VARCHAR(1024), endpoint VARCHAR(1024), payload SUPER, "timestamp" TIMESTAMPTZ, kind VARCHAR(16),
//	    user_id VARCHAR(1024), anonymous_id VARCHAR(1024), session_id VARCHAR(1024), context SUPER);
//	COPY stage FROM 's3://bucket/events/' IAM_ROLE default FORMAT JSON 's3://bucket/events.jsonpaths' TIMEFORMAT 'auto';
//	INSERT INTO telemetry_events
//	    SELECT s.id, s.endpoint, s.payload, s."timestamp", GETDATE(), NVL(s.kind, 'track'), s.user_id, s.anonymous_id, s.session_id,
//	        s.context.app.name::VARCHAR, s.context.app.version::VARCHAR, NVL(s.context, JSON_PARSE('{}')), 1
//	    FROM stage AS s LEFT JOIN telemetry_events AS t ON t.id = s.id WHERE t.id IS NULL;
package redshift

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/internal/pgwire"
)

const port = 5439

func init() {
	warehouse.Register(warehouse.DriverInfo{
		Name:    "redshift",
		Summary: "Amazon Redshift: a transaction for each batch, which leaves out rows that are there already.",
		Parts:   2,
		Limits: func(warehouse.Config) core.Limits {
			return core.Limits{MaxBytes: maxBatch, MaxConcurrency: 1}
		},
		Validate:  validate,
		DDL:       func(o warehouse.Options) []string { return ddl(o.Table, tableAttributes) },
		Erasure:   erasure,
		Statement: statement,
		Open:      func(o warehouse.Options) (warehouse.Driver, error) { return open(o, tableAttributes) },
	})
}

// statement shows the transaction, with a place for each value of one row.
func statement(o warehouse.Options) string {
	sql := statementsOf(o.Table)
	insert := appendRow([]byte(sql.insert), warehouse.Columns(), 1)
	return strings.Join([]string{"BEGIN", sql.lock, sql.stage, string(insert), sql.merge, sql.drop, "COMMIT"}, ";\n")
}

// defaultWindow is what dedupe_window is if absent.
const (
	defaultWindow = 24 * time.Hour
	maxWindow     = 3660 * 24 * time.Hour
)

func validate(c warehouse.Config) error {
	err := pgwire.Validate(c)
	if c.DedupeWindow < 0 || c.DedupeWindow > maxWindow {
		err = errors.Join(err, registry.Field("dedupe_window", fmt.Sprintf("want at most %v", maxWindow)))
	}
	return err
}

// maxBatch is in bytes; larger batches would hold the lock for long.
const maxBatch = 32 << 20

// driver is the [warehouse.Driver].
type driver struct {
	pool       *pgwire.Pool
	table      warehouse.Table
	schema     string        // what EnsureSchema does
	window     time.Duration // how far around a row its id is looked for
	attributes string        // of the table, which the engine that tests use does not know
	sql        statements
}

func open(o warehouse.Options, attributes string) (*driver, error) {
	pool, err := pgwire.Open(o, port)
	if err != nil {
		return nil, err
	}
	return &driver{pool: pool, table: o.Table, schema: o.Schema, window: cmp.Or(o.DedupeWindow, defaultWindow), attributes: attributes, sql: statementsOf(o.Table)}, nil
}

// Check connects, and looks at the tables as far as they should be there.
func (d *driver) Check(ctx context.Context) error {
	return d.do(ctx, "check", func(conn *pgconn.PgConn) error {
		if d.schema == warehouse.SchemaOff {
			return conn.Ping(ctx)
		}
		err := d.look(ctx, conn)
		if d.schema == warehouse.SchemaCreate && isMissing(err) {
			return nil
		}
		return err
	})
}

// EnsureSchema makes the tables if they are not there, and finds out whether they will do.
func (d *driver) EnsureSchema(ctx context.Context) error {
	return d.do(ctx, "look at table "+d.table.String(), func(conn *pgconn.PgConn) error {
		err := d.look(ctx, conn)
		if d.schema != warehouse.SchemaCreate || !isMissing(err) {
			return err
		}
		for _, statement := range ddl(d.table, d.attributes) {
			// Somebody else may be making it at this moment, which IF NOT EXISTS does not see.
			if err := execute(ctx, conn, statement); err != nil && !isMade(err) {
				return err
			}
		}
		return d.look(ctx, conn)
	})
}

// look reads no row of the tables, which fails if they or the columns are missing.
func (d *driver) look(ctx context.Context, conn *pgconn.PgConn) error {
	for _, statement := range []string{d.sql.look, d.sql.lookLock} {
		if err := execute(ctx, conn, statement); err != nil {
			return err
		}
	}
	return nil
}

// do calls f with a connection and explains what went wrong.
func (d *driver) do(ctx context.Context, attempted string, f func(*pgconn.PgConn) error) error {
	return pgwire.Explain(attempted, d.pool.Do(ctx, f), classOf)
}

// transact calls f within a transaction that no other of this kind runs beside.
func (d *driver) transact(ctx context.Context, attempted string, f func(*pgconn.PgConn) error) error {
	return d.do(ctx, attempted, func(conn *pgconn.PgConn) error {
		err := execute(ctx, conn, "BEGIN")
		if err == nil {
			// It has to be the first statement: the one after it decides what the transaction sees.
			err = execute(ctx, conn, d.sql.lock)
		}
		if err == nil {
			err = f(conn)
		}
		if err == nil {
			err = execute(ctx, conn, "COMMIT")
		}
		if err != nil && !conn.IsClosed() {
			_ = execute(ctx, conn, "ROLLBACK") // the pool closes the connection should this fail
		}
		return err
	})
}

func execute(ctx context.Context, conn *pgconn.PgConn, sql string) error {
	_, err := conn.Exec(ctx, sql).ReadAll()
	return err
}

// Close ends the connections.
func (d *driver) Close(ctx context.Context) error { return d.pool.Close(ctx) }

// isMissing reports whether a table, or the schema it is to be in, is not there.
func isMissing(err error) bool {
	const undefinedTable, invalidSchema = "42P01", "3F000"
	var answer *pgconn.PgError
	return errors.As(err, &answer) && (answer.Code == undefinedTable || answer.Code == invalidSchema)
}

// isMade reports whether a table could not be made because somebody else has.
func isMade(err error) bool {
	const duplicateTable, duplicateObject, uniqueViolation = "42P07", "42710", "23505"
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		return false
	}
	return answer.Code == duplicateTable || answer.Code == duplicateObject || answer.Code == uniqueViolation || isSerialization(answer)
}

// Redshift answers to most of what is its own with one code, and says the rest in words.
const internalError = "XX000"

// isSerialization reports error 1023, a transaction broken off because of others:
// https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation-serializable-isolation-troubleshooting.html
func isSerialization(answer *pgconn.PgError) bool {
	return answer.Code == internalError && strings.HasPrefix(strings.TrimSpace(answer.Message), "1023")
}

// refusals are beginnings and parts of messages, in lower case, about a value that the server does not take:
// https://docs.aws.amazon.com/redshift/latest/dg/r_Load_Error_Reference.html
var refusals = []string{
	"value too long", "string length exceeds", "json parsing error", "invalid json", "cannot parse json", "super value", "size of the super",
}

// classOf knows what the codes of the standard do not say.
func classOf(answer *pgconn.PgError) core.Class {
	if answer.Code != internalError || isSerialization(answer) {
		return ""
	}
	text := strings.ToLower(answer.Message)
	for _, part := range refusals {
		if strings.Contains(text, part) {
			return core.ClassPermanent
		}
	}
	return ""
}

var _ warehouse.Driver = (*driver)(nil)
