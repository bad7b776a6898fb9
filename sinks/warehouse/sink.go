// Package warehouse stores events as rows of a database: of one file, or of a data
// warehouse. Every event is a row of one table with fixed columns, its properties
// in a column of JSON, whatever its name: what events hold never changes the table.
//
// The databases are drivers, in packages under this one. A driver is linked into a program
// only when it imports its package, and the type of sink is there with the first of them:
//
//	import _ "github.com/headgate-dev/headgate/sinks/warehouse/sqlite"
//
// An event is written at least once and, by its id, there once.
package warehouse

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// Sink is a [core.Sink] that writes rows.
type Sink struct {
	driver  Driver
	info    DriverInfo
	options func() Options // a function, which fmt shows nothing of: credentials are in it
	seed    string         // of batch ids
	schema  gate
	keeper  keeper
}

// New makes the sink. It touches neither network nor file.
func New(_ context.Context, env registry.Env, c Config) (core.Sink, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	info, err := lookup(c.Driver)
	if err != nil {
		return nil, err
	}
	o, err := NewOptions(c)
	if err != nil {
		return nil, err
	}
	o.Name, o.Timeout, o.AllowInsecure, o.Logger = env.Name, env.Timeout, env.AllowInsecure, env.Logger
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	driver, err := info.Open(o)
	if err != nil {
		return nil, err
	}
	s := &Sink{driver: driver, info: info, options: func() Options { return o }, seed: seed(o), schema: newGate()}
	s.keeper = newKeeper(driver, o.KeepFor, o.Logger)
	return s, nil
}

// NewOptions parses the options of a driver that is linked, for its own tests: what the
// environment of a sink adds is left zero.
func NewOptions(c Config) (Options, error) {
	info, err := lookup(c.Driver)
	if err != nil {
		return Options{}, err
	}
	o := Options{Config: c, Schema: info.Schema, Logger: slog.New(slog.DiscardHandler)}
	var tableErr, keepErr error
	if o.Table, tableErr = ParseTable(c.Table); tableErr != nil {
		tableErr = registry.Field("table", tableErr.Error())
	}
	if o.KeepFor, keepErr = parseRetention(c.Retention); keepErr != nil {
		keepErr = registry.Field("retention", keepErr.Error())
	}
	if c.EnsureSchema != nil {
		o.Schema = *c.EnsureSchema
	}
	if o.Schema == "" {
		o.Schema = SchemaVerify
	}
	return o, errors.Join(tableErr, keepErr)
}

// seed tells the batches of one table from those of another with the same rows: an engine
// that knows the one must not take the other for done.
func seed(o Options) string {
	return strings.Join([]string{
		o.Name, o.Driver, o.Account, o.Project, o.Host, o.Database, o.Dataset, o.Config.Schema, o.Table.String(),
	}, "\x00")
}

// Send writes the batch.
func (s *Sink) Send(ctx context.Context, batch []core.Sealed) error {
	if err := s.schema.pass(ctx, s.ensure); err != nil {
		return err
	}
	rows := make([]Row, len(batch))
	for i := range batch {
		rows[i] = RowOf(batch[i])
	}
	err := s.driver.Write(ctx, Batch{ID: batchID(s.seed, rows), Rows: rows})
	if class, _ := core.Classify(err); class == core.ClassUnauthorized {
		s.schema.shut() // somebody may have dropped the table
	}
	if err == nil {
		s.keeper.start()
	}
	return err
}

func (s *Sink) ensure(ctx context.Context) error {
	if s.options().Schema == SchemaOff {
		return nil
	}
	return s.driver.EnsureSchema(ctx)
}

// Limits are what bounds a batch of the driver.
func (s *Sink) Limits() core.Limits { return limitsOf(s.options().Config) }

// Check tries the credentials and the reachability, and changes nothing.
func (s *Sink) Check(ctx context.Context) error { return s.driver.Check(ctx) }

// Preview returns the statement that Send would execute, and the rows it would execute it with.
func (s *Sink) Preview(batch []core.Sealed) ([]core.Request, error) {
	o := s.options()
	body := []string{s.info.Statement(o)}
	for i := range batch {
		row := RowOf(batch[i])
		line, err := row.JSON()
		if err != nil {
			return nil, err
		}
		body = append(body, string(line))
	}
	return []core.Request{{Target: o.Driver + " " + o.Table.String(), Body: strings.Join(body, "\n")}}, nil
}

// Close ends what the sink has begun and closes the driver.
func (s *Sink) Close(ctx context.Context) error {
	return errors.Join(s.keeper.close(ctx), s.driver.Close(ctx))
}

// register adds the type of sink to a registry.
func register(r *registry.Registry) {
	registry.RegisterIn(r, registry.Sink[Config]{
		Type:       "warehouse",
		Summary:    "Rows of a database: a SQLite file, Postgres, Redshift, Snowflake or BigQuery.",
		Reach:      core.ReachNetwork,
		ReachOf:    reachOf,
		LimitsOf:   limitsOf,
		DefaultsOf: defaultsOf,
		Warn:       warningsOf,
		Example:    "driver: sqlite\npath: /var/lib/headgate/warehouse.db\nretention: 90d\n",
		New:        New,
	})
}

var (
	_ core.Sink      = (*Sink)(nil)
	_ core.Limiter   = (*Sink)(nil)
	_ core.Checker   = (*Sink)(nil)
	_ core.Previewer = (*Sink)(nil)
)
