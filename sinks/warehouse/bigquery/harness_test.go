package bigquery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/bigquery/internal/fake"
)

const (
	project = "my-project"
	dataset = "analytics"
	events  = project + "." + dataset + ".telemetry_events"
	unique  = events + "_unique"

	// canary is in every row, and must be in no error.
	canary = "canary-77e0"
)

// newServer makes a BigQuery with an empty dataset.
func newServer(t *testing.T) *fake.Server {
	t.Helper()
	return newServerWith(t, false)
}

func newServerWith(t *testing.T, secure bool) *fake.Server {
	t.Helper()
	s, err := fake.New(secure)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.AddDataset(project+"."+dataset, "EU")
	return s
}

// change changes the options that a driver is opened with.
type change func(*warehouse.Config)

func options(t testing.TB, url string, changes ...change) warehouse.Options {
	t.Helper()
	c := warehouse.Config{Driver: "bigquery", Project: project, Dataset: dataset, Table: "telemetry_events", Endpoint: url}
	for _, change := range changes {
		change(&c)
	}
	o, err := warehouse.NewOptions(c)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func mode(m string) change         { return func(c *warehouse.Config) { c.Mode = &m } }
func schema(s string) change       { return func(c *warehouse.Config) { c.EnsureSchema = &s } }
func retention(text string) change { return func(c *warehouse.Config) { c.Retention = text } }
func in(location string) change    { return func(c *warehouse.Config) { c.Location = location } }
func credentialsOf(key []byte) change {
	return func(c *warehouse.Config) { c.Credentials = core.NewSecret(string(key)) }
}
func credentialsIn(file string) change {
	return func(c *warehouse.Config) { c.CredentialsFile = file }
}

// openQuickly opens a driver that does not wait for jobs as long as they take at Google.
func openQuickly(t testing.TB, o warehouse.Options, n network) *driver {
	t.Helper()
	d, err := openOn(o, n)
	if err != nil {
		t.Fatal(err)
	}
	d.poll = time.Millisecond
	return d
}

// opened opens a driver on a server for the length of a test.
func opened(t testing.TB, s *fake.Server, changes ...change) *driver {
	t.Helper()
	d := openQuickly(t, options(t, s.URL(), changes...), network{roots: s.Roots()})
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

// ready makes a server with the table in it, and a driver on it.
func ready(t *testing.T, changes ...change) (*fake.Server, *driver) {
	t.Helper()
	s := newServer(t)
	maker := opened(t, s, schema(warehouse.SchemaCreate))
	if err := maker.EnsureSchema(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	s.Forget()
	return s, opened(t, s, changes...)
}

// within returns a context with a deadline.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// batch makes a batch of n rows whose ids are prefix-0 and so on.
func batch(prefix string, n int) warehouse.Batch {
	b := warehouse.Batch{ID: "id-of-" + prefix}
	at := time.Date(2026, 11, 21, 14, 0, 0, 123456789, time.UTC)
	for i := range n {
		b.Rows = append(b.Rows, warehouse.Row{
			ID: fmt.Sprint(prefix, "-", i), Endpoint: "run", Kind: "track", UserID: canary, Time: at, Received: at,
			Payload: []byte(`{"note":"` + canary + `"}`), Context: []byte(`{}`), SchemaVersion: warehouse.SchemaVersion,
		})
	}
	return b
}

// poison makes a row one that BigQuery refuses: JSON that is nested too deep.
func poison(row *warehouse.Row) {
	row.Payload = []byte(strings.Repeat(`{"`+canary+`":`, 600) + "1" + strings.Repeat("}", 600))
}

// write writes a batch that nothing is wrong with.
func write(t testing.TB, d *driver, b warehouse.Batch) {
	t.Helper()
	if err := d.Write(within(t, time.Minute), b); err != nil {
		t.Fatal(err)
	}
}

// stored returns how often each id is in the table.
func stored(s *fake.Server) map[string]int {
	ids := map[string]int{}
	for _, row := range s.Rows(events) {
		ids[row["id"].(string)]++
	}
	return ids
}

// mustBe fails the test unless an error has the class, and tells nothing it must not.
func mustBe(t *testing.T, what string, err error, want core.Class) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want one of class %s", what, want)
		return
	}
	if class, _ := core.Classify(err); class != want {
		t.Errorf("%s: %v: class %s, want %s", what, err, class, want)
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("%s: %v: it carries a value of a row", what, err)
	}
}

// classes returns the class of the error of each row, "" for one that was written.
func classes(err error, n int) []core.Class {
	of := make([]core.Class, n)
	var partial *core.BatchError
	for i := range of {
		switch {
		case errors.As(err, &partial):
			if failed := partial.Failed[i]; failed != nil {
				of[i], _ = core.Classify(failed)
			}
		case err != nil:
			of[i], _ = core.Classify(err)
		}
	}
	return of
}

// asked counts the requests that match a pattern.
func asked(s *fake.Server, pattern string) (n int) {
	for _, request := range s.Requests() {
		if ok, _ := path.Match(pattern, strings.ReplaceAll(request, "/", ":")); ok {
			n++
		}
	}
	return n
}

// keysOf returns the keys of the options that errors are about.
func keysOf(err error) (keys []string) {
	switch e := err.(type) {
	case nil:
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			keys = append(keys, keysOf(err)...)
		}
	default:
		var field *registry.FieldError
		if errors.As(err, &field) {
			keys = append(keys, field.Key)
		} else {
			keys = append(keys, err.Error())
		}
	}
	return keys
}

// rowOf makes a row of what the server has.
func rowOf(stored fake.Row) warehouse.Row {
	text := func(name string) string { s, _ := stored[name].(string); return s }
	version, _ := stored["schema_version"].(int64)
	return warehouse.Row{
		ID: text("id"), Endpoint: text("endpoint"), Payload: stored["payload"].(json.RawMessage), Kind: text("kind"),
		Time: stored["timestamp"].(time.Time), Received: stored["received_at"].(time.Time),
		UserID: text("user_id"), AnonymousID: text("anonymous_id"), SessionID: text("session_id"),
		AppName: text("app_name"), AppVersion: text("app_version"),
		Context: stored["context"].(json.RawMessage), SchemaVersion: int(version),
	}
}

// first makes the first request of that kind go wrong.
func first(s *fake.Server, prefix string, a fake.Answer) {
	done := false
	s.OnRequest(func(_ int, r *http.Request) *fake.Answer {
		if done || !strings.HasPrefix(r.Method+" "+r.URL.Path, prefix) {
			return nil
		}
		done = true
		return &a
	})
}

// endStreams ends the streams that are idle, so that the next append is on a new one and is
// tried once.
func endStreams(d *driver) {
	d.writer.mu.Lock()
	defer d.writer.mu.Unlock()
	for _, s := range d.writer.idle {
		s.cancel()
	}
	d.writer.idle = nil
}
