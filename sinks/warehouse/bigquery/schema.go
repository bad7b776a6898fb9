package bigquery

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	rest "google.golang.org/api/bigquery/v2"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

const day = 24 * time.Hour

// ddl returns the statements that make the dataset, if location says where, the table and
// the view.
func ddl(o warehouse.Options) []string {
	t := targetOf(o)
	var statements []string
	if t.dataset != "" && t.location != "" {
		statements = append(statements, t.createDataset())
	}
	return append(statements, t.createTable(o.KeepFor), t.createView())
}

func (t target) createDataset() string {
	return "CREATE SCHEMA IF NOT EXISTS " + quote(t.project, t.dataset) + "\nOPTIONS (location = '" + t.location + "')"
}

func (t target) createTable(keepFor time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE IF NOT EXISTS %s (\n", quote(t.project, t.dataset, t.table))
	for i, column := range columns {
		notNull, comma := "", ","
		if column.Required {
			notNull = " NOT NULL"
		}
		if i == len(columns)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, "  %s %s%s OPTIONS (description = '%s')%s\n", quote(column.Name), typeNames[column.Type], notNull, column.Doc, comma)
	}
	b.WriteString(")\nPARTITION BY DATE(`received_at`)\nCLUSTER BY `endpoint`, `timestamp`")
	if keepFor > 0 {
		fmt.Fprintf(&b, "\nOPTIONS (partition_expiration_days = %s)", days(expiration(keepFor)))
	}
	return b.String()
}

// createView returns the statement for the view that has every event once: the row that
// was received first, and one of them if they are the same.
func (t target) createView() string {
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = quote(column.Name)
	}
	// BigQuery once wanted a WHERE beside QUALIFY; it does no harm.
	return fmt.Sprintf("CREATE VIEW IF NOT EXISTS %s AS\nSELECT %s\nFROM %s\nWHERE TRUE\nQUALIFY ROW_NUMBER() OVER (PARTITION BY `id` ORDER BY `received_at`) = 1",
		quote(t.project, t.dataset, t.unique), strings.Join(names, ", "), quote(t.project, t.dataset, t.table))
}

func (t target) setExpiration(keepFor time.Duration) string {
	return fmt.Sprintf("ALTER TABLE %s\nSET OPTIONS (partition_expiration_days = %s)", quote(t.project, t.dataset, t.table), days(expiration(keepFor)))
}

// expiration is that of a partition, whose time runs from its midnight: a row
// that is received just before the next one is to be kept as long as any other.
func expiration(keepFor time.Duration) time.Duration { return keepFor + day }

// days returns a duration as a number of days.
func days(d time.Duration) string { return strconv.FormatFloat(d.Hours()/24, 'f', -1, 64) }

// quote quotes the names that are not empty, with dots between them.
func quote(names ...string) string {
	var quoted []string
	for _, name := range names {
		if name != "" {
			quoted = append(quoted, "`"+name+"`")
		}
	}
	return strings.Join(quoted, ".")
}

// statement returns what Write executes.
func statement(o warehouse.Options) string {
	t := targetOf(o)
	if isLoad(o.Config) {
		return "LOAD DATA INTO " + quote(t.project, t.dataset, t.table) + " FROM FILES (format = 'NEWLINE_DELIMITED_JSON') -- a job for each batch, called after it"
	}
	return "AppendRows " + t.stream()
}

// EnsureSchema looks whether the table has the columns that are needed, and makes it before
// if it is missing and may be made.
func (d *driver) EnsureSchema(ctx context.Context) error {
	table, err := d.table(ctx)
	if isNotFound(err) && d.schema == warehouse.SchemaCreate {
		failed := d.create(ctx)
		// Others may have been first, which BigQuery has several ways to say.
		if table, err = d.table(ctx); err != nil && failed != nil {
			return failed
		}
		d.setCreated()
	}
	if err != nil {
		return d.explain("look at the table", err)
	}
	if err := d.verify(table); err != nil {
		return core.Unauthorized(fmt.Errorf("the table %s does not fit: %w", d.target, err))
	}
	if err := d.ensureExpiration(ctx, table); err != nil {
		return err
	}
	return d.ensureView(ctx)
}

// create makes the table, and the dataset if it is missing and location says where.
func (d *driver) create(ctx context.Context) error {
	api, err := d.api()
	if err != nil {
		return err
	}
	_, err = api.Datasets.Get(d.target.project, d.target.dataset).Context(ctx).Do()
	switch {
	case isNotFound(err) && d.target.location == "":
		return core.Unauthorized(fmt.Errorf("there is no dataset %s in project %s; make it, or set location to say where it is to be made", d.target.dataset, d.target.project))
	case isNotFound(err):
		if err := d.execute(ctx, "make the dataset", d.target.createDataset()); err != nil {
			return err
		}
	case err != nil:
		return d.explain("look at the dataset", err)
	}
	return d.execute(ctx, "make the table", d.target.createTable(d.keepFor))
}

// ensureView makes the view if it is missing and may be made.
func (d *driver) ensureView(ctx context.Context) error {
	err := d.view(ctx)
	switch {
	case isNotFound(err) && d.schema == warehouse.SchemaCreate:
		if failed := d.execute(ctx, "make the view", d.target.createView()); failed != nil && d.view(ctx) != nil {
			return failed
		}
		return nil
	case isNotFound(err):
		d.logger.Warn("the view that has every event once is missing; queries of the table may find a row twice", "view", d.target.unique)
		return nil
	default:
		return d.explain("look at the view", err)
	}
}

// view looks whether the view is there.
func (d *driver) view(ctx context.Context) error {
	api, err := d.api()
	if err != nil {
		return err
	}
	_, err = api.Tables.Get(d.target.project, d.target.dataset, d.target.unique).Context(ctx).Do()
	return err
}

// ensureExpiration sees to it that rows do not stay for longer than they may.
func (d *driver) ensureExpiration(ctx context.Context, table *rest.Table) error {
	if d.keepFor == 0 {
		return nil
	}
	partitioning := table.TimePartitioning
	switch {
	case partitioning == nil || !strings.EqualFold(partitioning.Field, "received_at"):
		return core.Unauthorized(fmt.Errorf("retention is set, but the table %s is not partitioned by received_at, so nothing in it expires; make it anew with ensure_schema: create, or take retention out", d.target))
	case partitioning.ExpirationMs == expiration(d.keepFor).Milliseconds():
		return nil
	case d.schema == warehouse.SchemaCreate:
		return d.execute(ctx, "set the expiration of partitions", d.target.setExpiration(d.keepFor))
	case partitioning.ExpirationMs > 0 && partitioning.ExpirationMs < expiration(d.keepFor).Milliseconds():
		return nil // sooner is somebody's decision
	default:
		return core.Unauthorized(fmt.Errorf("retention is set, but rows of the table %s are kept for longer: %s", d.target, d.target.setExpiration(d.keepFor)))
	}
}

// verify finds what keeps rows from being written to the table.
func (d *driver) verify(table *rest.Table) error {
	if table.Schema == nil {
		return errors.New("it has no columns")
	}
	var problems []error
	there := make(map[string]*rest.TableFieldSchema)
	for _, field := range table.Schema.Fields {
		there[strings.ToLower(field.Name)] = field
	}
	for _, column := range columns {
		field := there[column.Name]
		delete(there, column.Name)
		switch want := typeNames[column.Type]; {
		case field == nil:
			problems = append(problems, fmt.Errorf("column %s %s is missing", column.Name, want))
		case !isType(field.Type, want):
			problems = append(problems, fmt.Errorf("column %s is not of type %s", column.Name, want))
		case field.Mode == "REPEATED":
			problems = append(problems, fmt.Errorf("column %s is an array", column.Name))
		case field.Mode == "REQUIRED" && !column.Required:
			problems = append(problems, fmt.Errorf("column %s must be NULLABLE", column.Name))
		}
	}
	for _, field := range there {
		if field.Mode == "REQUIRED" && field.DefaultValueExpression == "" {
			problems = append(problems, fmt.Errorf("column %s is REQUIRED, and events have none", field.Name))
		}
	}
	return errors.Join(problems...)
}

// isType reports whether a type of the REST API, which has old names for some, is the one wanted.
func isType(got, want string) bool { return got == want || got == "INTEGER" && want == "INT64" }

// table looks at the table.
func (d *driver) table(ctx context.Context) (*rest.Table, error) {
	api, err := d.api()
	if err != nil {
		return nil, err
	}
	return api.Tables.Get(d.target.project, d.target.dataset, d.target.table).Context(ctx).Do()
}

// where returns the location of the table, which a job must be told. It looks once.
func (d *driver) where(ctx context.Context) (string, error) {
	if d.target.location != "" {
		return d.target.location, nil
	}
	d.mu.Lock()
	known := d.location
	d.mu.Unlock()
	if known != "" {
		return known, nil
	}
	table, err := d.table(ctx)
	if err != nil {
		return "", err
	}
	d.mu.Lock()
	d.location = table.Location
	d.mu.Unlock()
	return table.Location, nil
}

// execute runs a statement.
func (d *driver) execute(ctx context.Context, doing, statement string) error {
	api, err := d.api()
	if err != nil {
		return err
	}
	legacy := false
	answer, err := api.Jobs.Query(d.target.project, &rest.QueryRequest{
		Query: statement, UseLegacySql: &legacy, Location: d.target.location, TimeoutMs: timeLeft(ctx).Milliseconds(),
	}).Context(ctx).Do()
	switch {
	case err != nil:
		return d.explain(doing, err)
	case !answer.JobComplete:
		return fmt.Errorf("%s: BigQuery has not finished yet", doing)
	}
	return nil
}

// timeLeft is how long BigQuery may take for an answer.
func timeLeft(ctx context.Context) time.Duration {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		return 10 * time.Second
	}
	return max(time.Until(deadline)-answerTime, time.Millisecond)
}

func (d *driver) api() (*rest.Service, error) {
	web, err := d.service.http()
	if err != nil {
		return nil, err
	}
	return web.api, nil
}
