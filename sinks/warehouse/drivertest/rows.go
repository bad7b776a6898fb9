package drivertest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

const (
	// many is how many rows the test of many rows writes.
	many = 10_000

	// canary is in every row, so that an error with a value in it is seen.
	canary = "canary-4d1f"
)

// started is when every row was received: what is written again was received when it was the
// first time, also in a child process.
var started = func() time.Time {
	if at, err := time.Parse(time.RFC3339Nano, os.Getenv(childTime)); err == nil {
		return at
	}
	return time.Now().UTC().Truncate(time.Microsecond)
}()

// rows makes rows with the ids prefix-0, prefix-1 and so on, the same whenever it is called.
func rows(prefix string, n int) []warehouse.Row {
	made := make([]warehouse.Row, n)
	at := started
	for i := range made {
		made[i] = warehouse.Row{
			ID: fmt.Sprintf("%s-%d", prefix, i), Endpoint: "run", Kind: "track",
			Payload: fmt.Appendf(nil, `{"runSeconds":%d,"runSuccess":%t,"note":"%s"}`, i, i%2 == 0, canary),
			Time:    at.Add(-time.Duration(i) * time.Second), Received: at,
			UserID: fmt.Sprint(canary, "-user-", i), Context: []byte(`{}`), SchemaVersion: warehouse.SchemaVersion,
		}
	}
	return made
}

// batchOf gives the rows an identity as the sink does: the same for the same rows.
func batchOf(rows []warehouse.Row) warehouse.Batch {
	h := sha256.New()
	for i := range rows {
		h.Write([]byte(rows[i].ID + "\x00"))
	}
	sum := hex.EncodeToString(h.Sum(nil))
	return warehouse.Batch{
		ID:   sum[:8] + "-" + sum[8:12] + "-8" + sum[13:16] + "-8" + sum[17:20] + "-" + sum[20:32],
		Rows: rows,
	}
}

// seal makes the row of an event, as the sink does.
func seal(t *testing.T, e core.Event) warehouse.Row {
	t.Helper()
	sealed, err := core.Seal(core.Config{App: core.App{Name: "acme", Version: "1.2.3"}}, e)
	if err != nil {
		t.Fatal(err)
	}
	return warehouse.RowOf(sealed)
}

// expect compares what is in the table with what should be, by id.
func (h Harness) expect(t *testing.T, place, why string, want []warehouse.Row) {
	t.Helper()
	wanted := make(map[string]warehouse.Row, len(want))
	for _, row := range want {
		wanted[row.ID] = row
	}
	seen := make(map[string]int)
	differ := 0
	for _, got := range h.Rows(t, place) {
		if seen[got.ID]++; seen[got.ID] > 1 {
			continue
		}
		row, ok := wanted[got.ID]
		if !ok {
			t.Errorf("row %q is there, which should not be: %s", got.ID, why)
		} else if difference := compare(got, row); difference != "" {
			if differ++; differ <= 5 {
				t.Errorf("row %q: %s: %s", got.ID, difference, why)
			}
		}
	}
	missing, double := 0, 0
	for id := range wanted {
		switch n := seen[id]; {
		case n == 0:
			missing++
		case n > 1:
			double++
		}
	}
	if missing > 0 || double > 0 {
		t.Errorf("of %d rows %d are missing and %d are there more than once: %s", len(wanted), missing, double, why)
	}
}

// compare says in which column a row differs from what was written, "" if in none.
func compare(got, want warehouse.Row) string {
	for _, column := range warehouse.Columns() {
		g, w := column.Value(&got), column.Value(&want)
		var equal bool
		switch column.Type {
		case warehouse.JSON:
			equal = sameJSON(g.([]byte), w.([]byte))
		case warehouse.Timestamp:
			equal = g.(time.Time).Truncate(time.Microsecond).Equal(w.(time.Time).Truncate(time.Microsecond))
		default:
			equal = g == w
		}
		if !equal {
			return fmt.Sprintf("%s is %s, want %s", column.Name, short(g), short(w))
		}
	}
	return ""
}

// sameJSON reports whether two texts are the same value, whatever the order of members.
func sameJSON(a, b []byte) bool {
	var x, y any
	for _, side := range []struct {
		text []byte
		into *any
	}{{a, &x}, {b, &y}} {
		dec := json.NewDecoder(bytes.NewReader(side.text))
		if dec.Decode(side.into) != nil || dec.More() {
			return false
		}
	}
	return reflect.DeepEqual(x, y)
}

func short(value any) string {
	if raw, ok := value.([]byte); ok {
		value = string(raw)
	}
	text := fmt.Sprintf("%q", fmt.Sprint(value))
	if len(text) > 200 {
		text = text[:100] + "…" + text[len(text)-100:]
	}
	return text
}

// report fails the test when an error carries what it must not.
func report(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), canary) {
		t.Errorf("the error %q carries a value of a row: errors go to logs and to the status, where no event's data may be", err)
	}
}
