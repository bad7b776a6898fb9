package bigquery

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	rest "google.golang.org/api/bigquery/v2"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// query reads the view that has every event once, by SQL.
func query(t *testing.T, o warehouse.Options) (rows []warehouse.Row) {
	t.Helper()
	d := openQuickly(t, o, network{})
	defer d.Close(t.Context())
	var selected []string
	for _, column := range columns {
		switch name := quote(column.Name); column.Type {
		case warehouse.JSON:
			selected = append(selected, "TO_JSON_STRING("+name+")")
		case warehouse.Timestamp:
			selected = append(selected, "UNIX_MICROS("+name+")")
		default:
			selected = append(selected, name)
		}
	}
	if isNotFound(d.view(within(t, time.Minute))) {
		return nil
	}
	api, err := d.api()
	if err != nil {
		t.Fatal(err)
	}
	legacy := false
	answer, err := api.Jobs.Query(d.target.project, &rest.QueryRequest{
		Query:        "SELECT " + strings.Join(selected, ", ") + " FROM " + quote(d.target.project, d.target.dataset, d.target.unique),
		UseLegacySql: &legacy, TimeoutMs: time.Minute.Milliseconds(),
	}).Context(within(t, 2*time.Minute)).Do()
	if err != nil || !answer.JobComplete {
		t.Fatalf("query the view: %v", err)
	}
	page, next := answer.Rows, answer.PageToken
	for {
		for _, row := range page {
			rows = append(rows, rowOfCells(t, row.F))
		}
		if next == "" {
			return rows
		}
		more, err := api.Jobs.GetQueryResults(d.target.project, answer.JobReference.JobId).Location(answer.JobReference.Location).
			PageToken(next).Context(within(t, time.Minute)).Do()
		if err != nil {
			t.Fatalf("read on in the view: %v", err)
		}
		page, next = more.Rows, more.PageToken
	}
}

func rowOfCells(t *testing.T, cells []*rest.TableCell) warehouse.Row {
	t.Helper()
	text := func(i int) string {
		if cells[i].V == nil {
			return ""
		}
		return fmt.Sprint(cells[i].V)
	}
	number := func(i int) int64 {
		n, err := strconv.ParseInt(text(i), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return warehouse.Row{
		ID: text(0), Endpoint: text(1), Payload: []byte(text(2)), Time: time.UnixMicro(number(3)).UTC(), Received: time.UnixMicro(number(4)).UTC(),
		Kind: text(5), UserID: text(6), AnonymousID: text(7), SessionID: text(8), AppName: text(9), AppVersion: text(10),
		Context: []byte(text(11)), SchemaVersion: int(number(12)),
	}
}
