package bigquery

import (
	"bytes"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	rest "google.golang.org/api/bigquery/v2"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/bigquery/internal/fake"
)

func ensure(t *testing.T, d *driver) error {
	t.Helper()
	return d.EnsureSchema(within(t, time.Minute))
}

func TestTheStatementsAreThese(t *testing.T) {
	want := []string{
		"CREATE SCHEMA IF NOT EXISTS `my-project`.`analytics`\nOPTIONS (location = 'EU')",
		"CREATE TABLE IF NOT EXISTS `my-project`.`analytics`.`telemetry_events` (\n" +
			"  `id` STRING NOT NULL OPTIONS (description = 'identity of the event; no two rows have the same'),\n" +
			"  `endpoint` STRING NOT NULL OPTIONS (description = 'name of the event'),\n" +
			"  `payload` JSON NOT NULL OPTIONS (description = 'properties of the event'),\n" +
			"  `timestamp` TIMESTAMP NOT NULL OPTIONS (description = 'when it happened, as its sender says'),\n" +
			"  `received_at` TIMESTAMP NOT NULL OPTIONS (description = 'when headgate accepted it; retention goes by it'),\n" +
			"  `kind` STRING NOT NULL OPTIONS (description = 'track, identify, page, screen, group or alias'),\n" +
			"  `user_id` STRING OPTIONS (description = 'whom it is about'),\n" +
			"  `anonymous_id` STRING OPTIONS (description = 'pseudonym of whom it is about'),\n" +
			"  `session_id` STRING OPTIONS (description = 'session it belongs to'),\n" +
			"  `app_name` STRING OPTIONS (description = 'program that reported it'),\n" +
			"  `app_version` STRING OPTIONS (description = 'version of that program'),\n" +
			"  `context` JSON NOT NULL OPTIONS (description = 'context of the event'),\n" +
			"  `schema_version` INT64 NOT NULL OPTIONS (description = 'version of this layout')\n" +
			")\nPARTITION BY DATE(`received_at`)\nCLUSTER BY `endpoint`, `timestamp`\nOPTIONS (partition_expiration_days = 91)",
		"CREATE VIEW IF NOT EXISTS `my-project`.`analytics`.`telemetry_events_unique` AS\n" +
			"SELECT `id`, `endpoint`, `payload`, `timestamp`, `received_at`, `kind`, `user_id`, `anonymous_id`, `session_id`, `app_name`, `app_version`, `context`, `schema_version`\n" +
			"FROM `my-project`.`analytics`.`telemetry_events`\nWHERE TRUE\n" +
			"QUALIFY ROW_NUMBER() OVER (PARTITION BY `id` ORDER BY `received_at`) = 1",
	}
	if diff := cmp.Diff(want, ddl(options(t, "", in("EU"), retention("90d")))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	// Those of the reference have a table only.
	table, err := warehouse.ParseTable("telemetry_events")
	if err != nil {
		t.Fatal(err)
	}
	got := ddl(warehouse.Options{Table: table, KeepFor: 36 * time.Hour})
	if len(got) != 2 || !strings.HasPrefix(got[0], "CREATE TABLE IF NOT EXISTS `telemetry_events` (") || !strings.HasSuffix(got[0], "partition_expiration_days = 2.5)") {
		t.Errorf("%q", got)
	}
}

func TestATableIsMadeAsItIsDescribed(t *testing.T) {
	s := newServer(t)
	if err := ensure(t, opened(t, s, schema("create"), retention("90d"))); err != nil {
		t.Fatal(err)
	}
	table := s.Table(events)
	if diff := cmp.Diff(&rest.TimePartitioning{Type: "DAY", Field: "received_at", ExpirationMs: 91 * 86400_000}, table.TimePartitioning); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"endpoint", "timestamp"}, table.Clustering.Fields); diff != "" || s.Table(unique).Type != "VIEW" {
		t.Error(diff)
	}
	s.Forget()
	if err := ensure(t, opened(t, s, schema("create"), retention("90d"))); err != nil || asked(s, "POST *") != 0 {
		t.Errorf("%v, requests %v: what is there needs no statement", err, s.Requests())
	}
}

func TestTheDatasetIsMadeWhereItIsSaidToBe(t *testing.T) {
	s, err := fake.New(false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	err = ensure(t, opened(t, s, schema("create")))
	mustBe(t, "no location", err, core.ClassUnauthorized)
	if err == nil || !strings.Contains(err.Error(), "set location") {
		t.Error(err)
	}
	if err := ensure(t, opened(t, s, schema("create"), in("europe-west3"))); err != nil {
		t.Fatal(err)
	}
	if s.Table(events).Location != "europe-west3" {
		t.Error(s.Table(events).Location)
	}
}

func TestVerifyingMakesNothing(t *testing.T) {
	s := newServer(t)
	err := ensure(t, opened(t, s))
	mustBe(t, "no table", err, core.ClassUnauthorized)
	if err == nil || !strings.Contains(err.Error(), "ensure_schema: create") {
		t.Error(err)
	}
	if s.Table(events) != nil || asked(s, "POST *") != 0 {
		t.Error("it was made")
	}
}

func TestATableThatDoesNotFitIsSaidWhy(t *testing.T) {
	for name, c := range map[string]struct {
		change func(fields []*rest.TableFieldSchema) []*rest.TableFieldSchema
		want   string // "" if it fits
	}{
		"a column of somebody else": {func(f []*rest.TableFieldSchema) []*rest.TableFieldSchema {
			return append(f, &rest.TableFieldSchema{Name: "note", Type: "STRING", Mode: "NULLABLE"}, &rest.TableFieldSchema{Name: "by", Type: "STRING", Mode: "REQUIRED", DefaultValueExpression: "'x'"})
		}, ""},
		"columns that need not be there": {func(f []*rest.TableFieldSchema) []*rest.TableFieldSchema { f[0].Mode = ""; return f }, ""},
		"another case and order": {func(f []*rest.TableFieldSchema) []*rest.TableFieldSchema {
			f[0].Name = "ID"
			slices.Reverse(f)
			return f
		}, ""},
		"an old name of a type": {func(f []*rest.TableFieldSchema) []*rest.TableFieldSchema { f[12].Type = "INTEGER"; return f }, ""},
		"a missing column":      {func(f []*rest.TableFieldSchema) []*rest.TableFieldSchema { return f[1:] }, "column id STRING is missing"},
		"another type":          {func(f []*rest.TableFieldSchema) []*rest.TableFieldSchema { f[2].Type = "STRING"; return f }, "column payload is not of type JSON"},
		"an array":              {func(f []*rest.TableFieldSchema) []*rest.TableFieldSchema { f[1].Mode = "REPEATED"; return f }, "column endpoint is an array"},
		"an optional column":    {func(f []*rest.TableFieldSchema) []*rest.TableFieldSchema { f[6].Mode = "REQUIRED"; return f }, "column user_id must be NULLABLE"},
		"a column that events do not have": {func(f []*rest.TableFieldSchema) []*rest.TableFieldSchema {
			return append(f, &rest.TableFieldSchema{Name: "tenant", Type: "STRING", Mode: "REQUIRED"})
		}, "column tenant is REQUIRED"},
	} {
		s, d := ready(t)
		s.Change(events, func(f []*rest.TableFieldSchema, p *rest.TimePartitioning) ([]*rest.TableFieldSchema, *rest.TimePartitioning) {
			return c.change(f), p
		})
		err := ensure(t, d)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else {
				write(t, d, batch("row", 1)) // and it does
			}
			continue
		}
		mustBe(t, name, err, core.ClassUnauthorized)
		if err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestRowsAreNotKeptForLongerThanTheyMay(t *testing.T) {
	partitioned := func(p *rest.TimePartitioning) func([]*rest.TableFieldSchema, *rest.TimePartitioning) ([]*rest.TableFieldSchema, *rest.TimePartitioning) {
		return func(f []*rest.TableFieldSchema, _ *rest.TimePartitioning) ([]*rest.TableFieldSchema, *rest.TimePartitioning) {
			return f, p
		}
	}
	const day = 86400_000
	for name, c := range map[string]struct {
		is             *rest.TimePartitioning
		verify, create bool // whether it is taken
	}{
		"as said":          {&rest.TimePartitioning{Type: "DAY", Field: "received_at", ExpirationMs: 31 * day}, true, true},
		"sooner":           {&rest.TimePartitioning{Type: "DAY", Field: "received_at", ExpirationMs: 7 * day}, true, true},
		"later":            {&rest.TimePartitioning{Type: "DAY", Field: "received_at", ExpirationMs: 90 * day}, false, true},
		"never":            {&rest.TimePartitioning{Type: "DAY", Field: "received_at"}, false, true},
		"by another time":  {&rest.TimePartitioning{Type: "DAY", Field: "timestamp", ExpirationMs: 31 * day}, false, false},
		"by no time":       {nil, false, false},
		"by that of write": {&rest.TimePartitioning{Type: "DAY", ExpirationMs: 31 * day}, false, false},
	} {
		s, _ := ready(t)
		s.Change(events, partitioned(c.is))
		for how, taken := range map[string]bool{"verify": c.verify, "create": c.create} {
			err := ensure(t, opened(t, s, schema(how), retention("30d")))
			if taken && err != nil {
				t.Errorf("%s, %s: %v", name, how, err)
			} else if !taken {
				mustBe(t, name+", "+how, err, core.ClassUnauthorized)
			}
			if how == "create" && c.create && s.Table(events).TimePartitioning.ExpirationMs != 31*day {
				t.Errorf("%s: it is still %d", name, s.Table(events).TimePartitioning.ExpirationMs)
			}
			s.Change(events, partitioned(c.is))
		}
		if err := ensure(t, opened(t, s)); err != nil {
			t.Errorf("%s, without a bound: %v", name, err)
		}
	}
}

func TestAMissingViewIsMadeOrSpokenOf(t *testing.T) {
	s, _ := ready(t)
	s.Remove(unique)
	var log bytes.Buffer
	o := options(t, s.URL())
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	d := openQuickly(t, o, network{})
	defer d.Close(t.Context())
	if err := ensure(t, d); err != nil || !strings.Contains(log.String(), "telemetry_events_unique") {
		t.Errorf("%v, log %q", err, log.String())
	}
	if err := ensure(t, opened(t, s, schema("create"))); err != nil || s.Table(unique) == nil {
		t.Errorf("%v", err)
	}
}

func TestAStatementThatFailsIsSaidWhich(t *testing.T) {
	s := newServer(t)
	first(s, "POST /bigquery/v2/projects/my-project/queries", fake.Answer{Status: 403, Reason: "accessDenied", Text: "Permission bigquery.tables.create denied"})
	err := ensure(t, opened(t, s, schema("create")))
	mustBe(t, "denied", err, core.ClassUnauthorized)
	if err == nil || !strings.Contains(err.Error(), "make the table: BigQuery says HTTP 403, accessDenied (bigquery.tables.create)") {
		t.Error(err)
	}
	first(s, "POST /bigquery/v2/projects/my-project/queries", fake.Answer{Status: 200, Text: `{"jobComplete":false}`})
	mustBe(t, "not finished", ensure(t, opened(t, s, schema("create"))), core.ClassRetry)
}

func TestADatasetThatMayNotBeSeenIsForSomebodyToSetRight(t *testing.T) {
	s := newServer(t)
	s.OnRequest(func(_ int, r *http.Request) *fake.Answer {
		if strings.HasSuffix(r.URL.Path, "/datasets/analytics") {
			return &fake.Answer{Status: 403, Reason: "accessDenied", Text: "bigquery.datasets.get denied"}
		}
		return nil
	})
	err := ensure(t, opened(t, s, schema("create")))
	mustBe(t, "denied", err, core.ClassUnauthorized)
	if err == nil || !strings.Contains(err.Error(), "look at the dataset: BigQuery says HTTP 403, accessDenied (bigquery.datasets.get)") {
		t.Error(err)
	}
}

func TestSomebodyElseMayBeFirst(t *testing.T) {
	for _, answer := range []fake.Answer{
		{Status: 409, Reason: "duplicate", Text: "Already Exists"},
		{Status: 400, Reason: "invalidQuery", Text: "Table metadata changed concurrently"},
		{Lost: true},
	} {
		s := newServer(t)
		s.OnRequest(func(_ int, r *http.Request) *fake.Answer {
			if !strings.HasSuffix(r.URL.Path, "/queries") {
				return nil
			}
			if !answer.Lost {
				for _, statement := range ddl(options(t, s.URL())) {
					s.Execute(statement)
				}
			}
			return &answer
		})
		if err := ensure(t, opened(t, s, schema("create"))); err != nil || s.Table(events) == nil || s.Table(unique) == nil {
			t.Errorf("%+v: %v", answer, err)
		}
	}
}

func TestTheTableMayNameItsDataset(t *testing.T) {
	s := newServer(t)
	d := opened(t, s, schema("create"), func(c *warehouse.Config) { c.Dataset, c.Table = "", "analytics.telemetry_events" })
	if err := ensure(t, d); err != nil {
		t.Fatal(err)
	}
	write(t, d, batch("row", 1))
	if len(s.Rows(events)) != 1 {
		t.Error("it is not there")
	}
}

func TestTheCheckFindsWhatIsWrong(t *testing.T) {
	for _, m := range []string{"stream", "load"} {
		s := newServer(t)
		check := func(changes ...change) error {
			return opened(t, s, append(changes, mode(m))...).Check(within(t, time.Minute))
		}
		if err := check(schema("create")); err != nil {
			t.Errorf("%s, a table that will be made: %v", m, err)
		}
		mustBe(t, m+", no table", check(), core.ClassUnauthorized)
		if err := ensure(t, opened(t, s, schema("create"))); err != nil {
			t.Fatal(err)
		}
		s.Forget()
		if err := check(); err != nil {
			t.Errorf("%s: %v", m, err)
		}
		if n := asked(s, "GetWriteStream"); (n == 1) != (m == "stream") || asked(s, "POST *") != 0 {
			t.Errorf("%s: %v", m, s.Requests())
		}
		s.Break()
		mustBe(t, m+", no service", check(), core.ClassRetry)
	}
}
