package snowflake

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func TestRowsAreBoundAsOneArrayInTheOrderOfTheColumns(t *testing.T) {
	rows := rowsOf("a", "b")
	rows[1].UserID = `q"<é`
	b, bad := bind(rows, true)
	if err := bad.OrNil(); err != nil {
		t.Fatal(err)
	}
	var got [][]any
	dec := json.NewDecoder(strings.NewReader(b.text))
	dec.UseNumber()
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := [][]any{
		{"a", "run", map[string]any{"seconds": json.Number("1.5")}, json.Number("1795258800123456789"), json.Number("1795262400123456789"), "track", nil, nil, nil, nil, nil, map[string]any{}, json.Number("1")},
		{"b", "run", map[string]any{"seconds": json.Number("1.5")}, json.Number("1795258800123456789"), json.Number("1795262401123456789"), "track", `q"<é`, nil, nil, nil, nil, map[string]any{}, json.Number("1")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !b.from.Equal(rows[0].Received) || !b.to.Equal(rows[1].Received) || b.rows != 2 {
		t.Errorf("%d rows, received from %v to %v", b.rows, b.from, b.to)
	}
}

func TestAMergeGetsEachIDOnceAndAnInsertEveryRow(t *testing.T) {
	rows := append(rowsOf("a", "b"), rowsOf("a")...)
	for distinct, want := range map[bool]int{true: 2, false: 3} {
		if b, _ := bind(rows, distinct); b.rows != want {
			t.Errorf("distinct %v: %d rows, want %d", distinct, b.rows, want)
		}
	}
}

func TestWhatIsNoJSONCannotEndARow(t *testing.T) {
	rows := rowsOf("a", "b", "c")
	rows[1].Payload = []byte(`{}],["forged"`)
	b, bad := bind(rows, true)
	if len(bad.Failed) != 1 || b.rows != 2 || strings.Contains(b.text, "forged") {
		t.Fatalf("bound %d rows, refused %v: %s", b.rows, bad.Failed, b.text)
	}
	wantClass(t, bad.Failed[1], core.ClassPermanent)

	s := newAccount(t)
	d := ready(t, s)
	err := d.Write(within(t), warehouse.Batch{ID: batch("a").ID, Rows: rows})
	var named *core.BatchError
	if !errors.As(err, &named) || len(named.Failed) != 1 || named.Failed[1] == nil {
		t.Errorf("got %v, want an error about row 1", err)
	}
	if diff := cmp.Diff([]string{"a", "c"}, ids(s)); diff != "" {
		t.Errorf("the rows that are there: %s", diff)
	}
}

// Snowflake cannot repeat a statement of more than a megabyte by itself, so a batch that makes one is
// divided; a row that alone makes one is written all the same.
func TestAStatementStaysUnderAMegabyteUnlessOneRowIsLarger(t *testing.T) {
	s := newAccount(t)
	d := ready(t, s)
	large := func(id string, size int) warehouse.Row {
		row := rowsOf(id)[0]
		row.Payload = []byte(`{"text":"` + strings.Repeat("x", size) + `"}`)
		return row
	}
	before := len(s.Calls(""))
	two := warehouse.Batch{ID: batch("a").ID, Rows: []warehouse.Row{large("a", 600_000), large("b", 600_000)}}
	wantClass(t, d.Write(within(t), two), core.ClassTooLarge)
	huge := warehouse.Batch{ID: batch("h").ID, Rows: []warehouse.Row{large("h", maxRow)}}
	wantClass(t, d.Write(within(t), huge), core.ClassTooLarge)
	if n := len(s.Calls("")) - before; n != 0 {
		t.Errorf("%d requests were made to find that out", n)
	}
	one := warehouse.Batch{ID: batch("c").ID, Rows: []warehouse.Row{large("c", 2_000_000)}}
	if err := d.Write(within(t), one); err != nil {
		t.Errorf("a single row of two megabytes: %v", err)
	}
}

func TestTheLimitsLeaveRoomForWhatIsBoundBesidesTheEvents(t *testing.T) {
	var rows []warehouse.Row
	size := 0
	for i := 0; size < limits(warehouse.Config{}).MaxBytes; i++ {
		event, err := core.Seal(core.Config{App: core.App{Name: "shop", Version: "1.2.3"}}, core.Event{
			Name: "run", UserID: "u", AnonymousID: "a", SessionID: "s", Time: time.Now(), Props: core.Props{"n": i},
		})
		if err != nil {
			t.Fatal(err)
		}
		size += len(event.JSON())
		rows = append(rows, warehouse.RowOf(event))
	}
	b, bad := bind(rows, true)
	if err := bad.OrNil(); err != nil {
		t.Fatal(err)
	}
	table, _ := warehouse.ParseTable("a.b.c")
	if err := b.fits(mergeRows(table, timestamp(b.from), timestamp(b.to))); err != nil {
		t.Errorf("%d small events of %d bytes: %v", len(rows), size, err)
	}
}
