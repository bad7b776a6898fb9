package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"net/url"
	"os"

	engine "modernc.org/sqlite"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// connection is an open database whose table is known to be there.
type connection struct {
	db     *sql.DB
	insert *sql.Stmt
	info   fs.FileInfo // of the file that was opened
}

func (c *connection) close() error {
	_ = c.insert.Close()
	return c.db.Close()
}

// take waits for the turn to open or close the connection. A turn that is free can be taken
// whatever the context.
func (d *Driver) take(ctx context.Context) error {
	select {
	case <-d.turn:
		return nil
	default:
	}
	select {
	case <-d.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *Driver) leave() { d.turn <- struct{}{} }

// connect returns the connection to the file that is at the path now: one that somebody
// has moved or removed would take rows that nobody ever sees.
func (d *Driver) connect(ctx context.Context) (*connection, error) {
	if err := d.take(ctx); err != nil {
		return nil, err
	}
	defer d.leave()
	if d.closed {
		return nil, errClosed
	}
	if d.current != nil {
		if info, err := os.Stat(d.file.path); err == nil && os.SameFile(info, d.current.info) {
			return d.current, nil
		}
		_ = d.current.close()
		d.current = nil
	}
	c, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	d.current = c
	return c, nil
}

// errClosed is of a call that comes too late: the file that it would open nobody closes.
var errClosed = errors.New("the driver is closed")

// drop closes a connection that is not to be used again.
func (d *Driver) drop(c *connection) {
	<-d.turn // held for the time of opening a file at most
	defer d.leave()
	if d.current == c {
		d.current = nil
		_ = c.close()
	}
}

// dial opens the file, and makes it and the table if it is to.
func (d *Driver) dial(ctx context.Context) (c *connection, err error) {
	if d.schema == warehouse.SchemaCreate {
		if err := d.file.make(); err != nil {
			return nil, err
		}
	}
	db := sql.OpenDB(d.connector("rw"))
	db.SetMaxOpenConns(1) // the second would only wait for the first
	defer func() {
		if err != nil {
			_ = db.Close()
		}
	}()
	if d.schema == warehouse.SchemaCreate {
		for _, statement := range ddl(warehouse.Options{Table: d.table}) {
			if err := d.whileBusy(ctx, func() error {
				_, err := db.ExecContext(ctx, statement)
				return err
			}); err != nil {
				return nil, err
			}
		}
	}
	if err := d.whileBusy(ctx, func() error { return d.verify(ctx, db) }); err != nil {
		return nil, err
	}
	c = &connection{db: db}
	if err := d.whileBusy(ctx, func() (err error) {
		c.insert, err = db.PrepareContext(ctx, d.insert)
		return err
	}); err != nil {
		return nil, err
	}
	if c.info, err = os.Stat(d.file.path); err != nil {
		_ = c.insert.Close()
		return nil, d.file.systemError("look at", err)
	}
	return c, nil
}

// connector opens connections with a driver of its own, which nothing that the host program
// has registered with the engine changes.
type connector struct {
	driver *engine.Driver
	name   string
}

func (d *Driver) connector(mode string) connector {
	parameters := url.Values{
		"mode":      {mode}, // the engine itself makes no file
		"_error_rc": {"1"},  // no message of another operation
		"_dqs":      {"0"},
		"_txlock":   {"immediate"}, // what waits for the lock waits before it has begun
		"_pragma":   {busyTimeout},
	}
	if mode == "rw" {
		// In the order in which they take effect: auto_vacuum only before the first table.
		parameters.Add("_pragma", "auto_vacuum(INCREMENTAL)")
		parameters.Add("_pragma", "journal_mode(WAL)")
		parameters.Add("_pragma", "synchronous(FULL)") // a commit is on the disk when it is reported
		parameters.Add("_pragma", "journal_size_limit(67108864)")
		parameters["_pragma"] = append(parameters["_pragma"], d.pragmas...)
	}
	return connector{new(engine.Driver), d.file.uri(parameters)}
}

// Connect opens a connection.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.driver.Open(c.name)
}

// Driver returns the driver of the connections.
func (c connector) Driver() driver.Driver { return c.driver }
