package warehouse

import (
	"context"
	"log/slog"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// Driver writes rows to one kind of database. It makes one attempt and reports: all
// retrying, pausing, splitting and giving up is the dispatcher's.
//
// Errors are told apart by the classes of package core:
//
//   - nil means that every row is in the table, and will be after a crash;
//   - [core.Permanent] means that something in the rows is refused for good, and which is
//     not known: the dispatcher splits the batch down to the rows at fault;
//   - a [*core.BatchError] names rows by their index in [Batch.Rows]; the others are in;
//   - [core.TooLarge] means that the batch is too big as a whole;
//   - [core.Unauthorized] is for what somebody has to set right: a sign-in that is refused, a
//     table or column that is missing, a privilege, a suspended warehouse. The sink is
//     "failed", keeps its events, and is probed once a minute;
//   - [core.RetryAfter] is for a destination that says how long to wait;
//   - any other error is tried again: a connection that broke, a lock, a deadline.
//
// An error must carry neither a value of a row nor a credential: the messages of databases
// often quote both, so they are rebuilt from codes rather than passed on.
//
// A write whose outcome is not known is tried again, so a driver must see to it that a row
// whose ID is in the table already is not there twice: when it is written, or where the
// engine cannot, in the view that [Table.Unique] names.
type Driver interface {
	// Write writes the rows of a batch, at best all or none of them. It is called from as
	// many goroutines at once as the sink's concurrency allows, and must return soon
	// after ctx is done; ctx always has a deadline. The batch is never empty, within
	// the driver's limits, and belongs to the caller: nothing of it may be changed, or
	// used after Write has returned.
	Write(ctx context.Context, b Batch) error

	// EnsureSchema makes the table, or finds out that it is there with the columns that are
	// needed, as [Options.Schema] says. It is called before the first Write, again after a
	// Write that failed with the class of [core.Unauthorized], never beside itself, and not
	// with [SchemaOff]. Made by several processes at once, it succeeds in all of them.
	EnsureSchema(ctx context.Context) error

	// Check tries the credentials and the reachability, and changes nothing. It may be
	// called without any other call, and beside any.
	Check(ctx context.Context) error

	// Expire deletes the rows that were received before that time, in pieces that do
	// not hold up a Write for long, and returns how many it deleted, also with an
	// error. It is called from one goroutine at a time, beside Write. An engine that
	// expires rows by itself does nothing here.
	Expire(ctx context.Context, before time.Time) (deleted int64, err error)

	// Close releases what the driver holds. It is called once, after every other call has
	// returned or been given up, and must return soon after ctx is done. Nothing that was
	// written may be lost by it, nor without it.
	Close(ctx context.Context) error
}

// Batch is what one attempt writes.
type Batch struct {
	// ID is a UUID made of the sink's name, its table and the rows. It is the same
	// whenever the same rows are written again in the same order, and another for any
	// other rows, so that an engine can recognise a job it has done. It does not replace
	// the IDs of rows: what failed twice, or was left by a crash, may come again in other batches.
	ID   string
	Rows []Row
}

// Options are what a driver is opened with.
type Options struct {
	// Config holds the options as they are in the file; those of other drivers are empty.
	Config
	// Table is Config.Table, parsed.
	Table Table
	// Schema says what EnsureSchema does, with the driver's default filled in.
	Schema string
	// KeepFor is Config.Retention, parsed; zero: rows do not expire.
	KeepFor time.Duration

	// Name is the sink's name in sinks.yaml.
	Name string
	// Timeout bounds one attempt.
	Timeout time.Duration
	// AllowInsecure allows unencrypted connections to other hosts than this one.
	AllowInsecure bool
	// Logger is never nil. It must not be given values of rows or credentials.
	Logger *slog.Logger
}

// DriverInfo describes a driver.
type DriverInfo struct {
	// Name is the value of the option driver.
	Name string
	// Summary says in one sentence how rows are written and de-duplicated.
	Summary string
	// Parts is how many names Options.Table may have at most, such as 2 for schema.table.
	Parts int
	// Schema is what EnsureSchema does unless the file says otherwise; [SchemaVerify] if "".
	Schema string
	// Limits, if not nil, says what bounds a batch.
	Limits func(Config) core.Limits
	// Defaults, if not nil, says which defaults of the core's keys are others, such as how
	// long events gather where each write is paid for.
	Defaults func(Config) registry.Defaults
	// Warn, if not nil, finds what is allowed and yet not a good idea. Its errors are made
	// with registry.Field.
	Warn func(Config) []error
	// Validate, if not nil, finds what is wrong with the driver's options when the file is
	// read: what is missing, or given twice. Its errors are made with registry.Field.
	Validate func(Config) error
	// DDL returns the statements that make the table and what belongs to it, as EnsureSchema
	// executes them, without a semicolon at the end. Of the options only Table and
	// KeepFor are certain to be set.
	DDL func(Options) []string
	// Erasure says how the rows of a person are deleted; its driver is a [Forgetter]. Zero: it cannot.
	Erasure Erasure
	// Statement returns what Write executes, for a preview.
	Statement func(Options) string
	// Open makes the driver. It touches neither network nor file: connections are
	// made by the first call that needs one. Its errors are made with registry.Field.
	Open func(Options) (Driver, error)
}

// What EnsureSchema does.
const (
	// SchemaCreate makes what is missing, with the statements of DDL.
	SchemaCreate = "create"
	// SchemaVerify only looks whether the table has the columns that are needed.
	SchemaVerify = "verify"
	// SchemaOff does neither.
	SchemaOff = "off"
)
