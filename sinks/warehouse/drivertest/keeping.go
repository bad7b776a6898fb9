package drivertest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func schemaRace(t *testing.T, h Harness) {
	place := h.New(t)
	var group sync.WaitGroup
	for range 4 {
		d := h.open(t, place, warehouse.SchemaCreate)
		group.Go(func() {
			if err := d.EnsureSchema(h.within(t)); err != nil {
				t.Errorf("EnsureSchema: %v: replicas start at the same time", err)
			}
		})
	}
	group.Wait()
	d := h.open(t, place, warehouse.SchemaCreate)
	h.write(t, d, rows("kept", 3))
	again := h.open(t, place, warehouse.SchemaCreate)
	if err := again.EnsureSchema(h.within(t)); err != nil {
		t.Errorf("EnsureSchema with the table there: %v", err)
	}
	h.expect(t, place, "a table that is there is left as it is", rows("kept", 3))
}

func check(t *testing.T, h Harness) {
	place, d := h.ready(t)
	h.write(t, d, rows("there", 2))
	for range 2 {
		if err := d.Check(h.within(t)); err != nil {
			t.Errorf("Check: %v", err)
		}
	}
	h.expect(t, place, "a check reports no event", rows("there", 2))

	empty := h.New(t)
	untouched := h.open(t, empty, warehouse.SchemaCreate)
	if err := untouched.Check(h.within(t)); err != nil {
		t.Logf("Check of an empty database: %v", err) // either answer will do
	}
	h.expect(t, empty, "a check makes nothing", nil)
}

func expire(t *testing.T, h Harness) {
	place, d := h.ready(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	before := now.Add(-24 * time.Hour)
	old, fresh := rows("old", 2500), rows("fresh", 100)
	for i := range old {
		old[i].Received = before.Add(-time.Duration(i+1) * time.Microsecond)
		old[i].Time = now // the sender's clock does not matter
	}
	for i := range fresh {
		fresh[i].Received = before.Add(time.Duration(i) * time.Microsecond)
		fresh[i].Time = now.AddDate(-10, 0, 0)
	}
	h.write(t, d, fresh[:50])
	h.write(t, d, old)
	h.write(t, d, fresh[50:])
	deleted, err := d.Expire(h.within(t), before)
	report(t, err)
	if err != nil {
		t.Fatalf("Expire: %v", err)
	}
	if h.OwnExpiry {
		h.expect(t, place, "the engine expires rows by itself", append(fresh, old...))
		return
	}
	if deleted != int64(len(old)) {
		t.Errorf("Expire says that it deleted %d rows, want %d: operators go by it", deleted, len(old))
	}
	h.expect(t, place, "a row is kept for as long as was promised since it was received, and no longer", fresh)
	if deleted, err := d.Expire(h.within(t), before); err != nil || deleted != 0 {
		t.Errorf("Expire with nothing left to delete: %d, %v", deleted, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Expire(ctx, now.Add(time.Hour)); err == nil {
		t.Error("Expire went on although its context was done: closing waits for it")
	}
}

func closing(t *testing.T, h Harness) {
	place := h.New(t)
	d := h.Open(t, place, warehouse.SchemaCreate)
	if err := d.EnsureSchema(h.within(t)); err != nil {
		t.Fatal(err)
	}
	h.write(t, d, rows("last", 50))
	h.close(t, d)
	h.expect(t, place, "a program that ends in order leaves everything in the table", rows("last", 50))

	h.close(t, h.Open(t, place, warehouse.SchemaCreate)) // one that was never used
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	hurried := h.open(t, place, warehouse.SchemaVerify)
	h.write(t, hurried, rows("hurried", 5))
	late := h.Open(t, place, warehouse.SchemaVerify)
	h.write(t, late, rows("late", 5))
	_ = late.Close(ctx) // it may say that it had no time
	h.expect(t, place, "what Write has reported is there, however the driver is closed",
		append(append(rows("last", 50), rows("hurried", 5)...), rows("late", 5)...))
}

func forget(t *testing.T, h Harness) {
	place, d := h.ready(t)
	f, ok := d.(warehouse.Forgetter)
	if !ok {
		t.Skip("the driver cannot delete rows of a person")
	}
	// Ids that would be something else, were they not given as values.
	names := []string{"ada", `o'brien\'; DROP TABLE x; --`, `"quoted"`, "ümläut\u2028", "*", "%", "ad_", "x' OR '1' = '1"}
	var mine, others []warehouse.Row
	for i, name := range names {
		made := rows(fmt.Sprint("user", i), 5)
		for j := range made {
			made[j].UserID = name
		}
		byDevice := rows(fmt.Sprint("device", i), 5)
		for j := range byDevice {
			byDevice[j].UserID, byDevice[j].AnonymousID = "", name
		}
		if i < 2 {
			mine = append(mine, made...)
			mine = append(mine, byDevice...)
			continue
		}
		others = append(append(others, made...), byDevice...)
	}
	nobody := rows("nobody", 5)
	for i := range nobody {
		nobody[i].UserID = ""
	}
	others = append(others, nobody...)
	h.write(t, d, append(append([]warehouse.Row(nil), mine...), others...))
	deleted, err := f.Forget(h.within(t), core.PersonIDs{UserIDs: names[:2], AnonymousIDs: names[:2]})
	report(t, err)
	if err != nil {
		t.Fatalf("Forget: %v", err)
	}
	if deleted != int64(len(mine)) {
		t.Errorf("Forget says that it deleted %d rows, want %d", deleted, len(mine))
	}
	h.expect(t, place, "the rows of a person go, and nobody else's", others)
	for _, ids := range []core.PersonIDs{{UserIDs: names[:1]}, {AnonymousIDs: names[:1]}, {}} {
		if deleted, err := f.Forget(h.within(t), ids); err != nil || deleted != 0 {
			t.Errorf("Forget %v with nothing left to delete: %d, %v", ids, deleted, err)
		}
	}
	h.expect(t, place, "nobody is forgotten but who is named", others)
	h.write(t, d, mine[:1])
	h.expect(t, place, "who was forgotten may come back", append(others, mine[0]))
}
