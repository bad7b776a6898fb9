package drivertest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func roundTrip(t *testing.T, h Harness) {
	place, d := h.ready(t)
	written := rows("plain", 3)
	written = append(written,
		seal(t, core.Event{
			ID: "whole", Name: "checkout", UserID: "u-1", AnonymousID: "a-1", SessionID: "s-1", Kind: core.KindIdentify,
			Time:    time.Date(2026, 2, 28, 23, 59, 59, 123456000, time.UTC),
			Props:   core.Props{"total": 49.9, "paid": true, "none": nil, "list": []any{1, "two", map[string]any{"three": 3}}, "nested": map[string]any{"deep": map[string]any{"er": -0.5}}},
			Context: core.Props{"locale": "de-AT"},
		}),
		seal(t, core.Event{ID: "bare", Name: "x"}),
		seal(t, core.Event{ID: "long ago", Name: "x", Time: time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)}),
		seal(t, core.Event{ID: "far ahead", Name: "x", Time: time.Date(2200, 12, 31, 23, 59, 59, 999999000, time.UTC)}),
	)
	h.write(t, d, written)
	h.expect(t, place, "a query must see every column as it was reported", written)
}

// hostile are texts that have broken somebody's way of storing text.
var hostile = []string{
	`'; DROP TABLE telemetry_events; --`, `"; DROP TABLE "telemetry_events"; --`, "`); DELETE FROM x; --", `$1 ? :name @p %s {0}`,
	`\`, `\\`, `\'`, `\"`, `\n`, `\u0000`, `\\u0000`, "\x00", "a\x00b", "\x01\x1f\x7f", "tab\tline\nfeed\r\n",
	"\xff\xfe not UTF-8 \xc3\x28", "\xed\xa0\x80 half a pair", "😀 four bytes 🏳️‍🌈", "line\u2028paragraph\u2029", "\u202eright to left", "e\u0301 é", "\ufeffmark", "\ufffe\uffff",
	"NULL", "null", "true", "1e400", "-0", "NaN", "{}", "[]", `{"a":1}`, "$$", "$tag$", "/* */", "--", "\\N", "\\.", " ", "  padded  ", "%", "_", ",", ";", "|",
	strings.Repeat("long ", 12_000), strings.Repeat("日本語", 4_000),
}

func hostileText(t *testing.T, h Harness) {
	place, d := h.ready(t)
	var written []warehouse.Row
	for i, s := range hostile {
		id := s
		if len(id) > 100 {
			id = id[:99]
		}
		row := seal(t, core.Event{
			ID: fmt.Sprint(i, " ", id), Name: "hostile", UserID: id, AnonymousID: id, SessionID: id,
			Props:   core.Props{"value": s, "list": []string{s}, id: "as a key"},
			Context: core.Props{"value": s, "app": map[string]any{"name": id, "version": id}},
		})
		written = append(written, row)
	}
	if o := h.deliver(t, d, written); len(o.dead) > 0 || o.again != nil {
		t.Errorf("rows %q were refused, or: %v: whatever text an event holds, it is data", o.dead, o.again)
	}
	h.expect(t, place, "text must come back as it is: bound to the statement, never a part of it", written)
}

func largePayload(t *testing.T, h Harness) {
	place, d := h.ready(t)
	props := core.Props{}
	for i := range 15 { // the sanitiser takes 64 KiB of a string
		props[fmt.Sprint("part", i)] = strings.Repeat("lorem ipsum ", 5_400)
	}
	large := seal(t, core.Event{ID: "large", Name: "run", Props: props})
	if len(large.Payload) < 950_000 {
		t.Fatalf("the payload has only %d bytes", len(large.Payload))
	}
	written := append(rows("small", 2), large)
	h.write(t, d, written)
	h.expect(t, place, "the core takes events of a megabyte, so each sink gets them", written)
}

func manyRows(t *testing.T, h Harness) {
	place, d := h.ready(t)
	written := rows("many", many)
	h.write(t, d, written)
	h.expect(t, place, "what Write reports as written counts as delivered", written)
}

func duplicates(t *testing.T, h Harness) {
	place, d := h.ready(t)
	written := rows("dup", 20)
	h.write(t, d, written)
	h.write(t, d, written)       // the same batch again
	h.write(t, d, written[5:15]) // a part of it
	h.write(t, d, written[:1])   //
	more := append(rows("new", 5), written[3:8]...)
	h.write(t, d, more) // in company
	both := rows("both", 3)
	h.write(t, d, slices.Concat(both, written[:2], both)) // twice in one batch, and not in the table yet
	h.expect(t, place, "a write whose answer is lost, a crash and a replay all send rows again", slices.Concat(rows("new", 5), both, written))
}

func concurrentDuplicates(t *testing.T, h Harness) {
	place, d := h.ready(t)
	other := h.open(t, place, warehouse.SchemaVerify)
	written := rows("same", 200)
	var group sync.WaitGroup
	for i, driver := range []warehouse.Driver{d, other, d, other} {
		group.Go(func() {
			mine := slices.Concat(written[i*50:], written[:i*50])
			for part := range slices.Chunk(mine, 40) {
				if !h.persist(t, driver, part) {
					return
				}
			}
		})
	}
	group.Wait()
	h.expect(t, place, "a sink with concurrency, and a second program with the same table, write the same rows at once", written)
}

// persist writes rows again for as long as the error says to, and reports whether it could.
func (h Harness) persist(t *testing.T, d warehouse.Driver, rows []warehouse.Row) bool {
	deadline := time.Now().Add(h.Patience)
	for {
		err := d.Write(h.within(t), batchOf(rows))
		if err == nil {
			return true
		}
		report(t, err)
		if class, _ := core.Classify(err); class != core.ClassRetry && class != core.ClassRetryAfter {
			t.Errorf("%q has the class %s: that somebody else writes is no fault of the rows", err, class)
			return false
		}
		if time.Now().After(deadline) {
			t.Errorf("%v, for %v", err, h.Patience)
			return false
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func poison(t *testing.T, h Harness) {
	if h.Poison == nil {
		t.Skip("the harness has no row that is refused for good")
	}
	for _, n := range []int{1, 9, 100} {
		place, d := h.ready(t)
		written := rows("good", n)
		bad := n / 2
		h.Poison(&written[bad])
		o := h.deliver(t, d, written)
		if o.again != nil || !slices.Equal(o.dead, []string{written[bad].ID}) {
			t.Fatalf("of %d rows, %q were refused, or: %v; want only %q: what is tried again for ever holds up all that follows", n, o.dead, o.again, written[bad].ID)
		}
		if o.writes > o.most {
			t.Errorf("%d rows took %d writes, want at most %d: each is paid for", n, o.writes, o.most)
		}
		h.expect(t, place, "one bad row must not keep its neighbours out", slices.Concat(written[:bad], written[bad+1:]))
	}
}
