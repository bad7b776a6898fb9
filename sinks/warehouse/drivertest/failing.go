package drivertest

import (
	"context"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func broken(t *testing.T, h Harness) {
	if h.Break == nil {
		t.Skip("the harness cannot break its database")
	}
	place, d := h.ready(t)
	before, during := rows("before", 5), rows("during", 5)
	h.write(t, d, before)
	mend := h.Break(t, place)
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		began := time.Now()
		err := d.Write(ctx, batchOf(during))
		took := time.Since(began)
		cancel()
		mustBe(t, err, core.ClassRetry, "a database that is down comes back, and until then the dispatcher keeps the rows")
		if took > 11*time.Second {
			t.Errorf("Write returned %v after its deadline: the dispatcher can neither stop nor try again", took-time.Second)
		}
	}
	mend()
	h.persist(t, d, during)
	h.expect(t, place, "a database that is back must be found again, without a new start", append(before, during...))
}

func lostAnswer(t *testing.T, h Harness) {
	if h.Lose == nil {
		t.Skip("no answer can get lost within a process")
	}
	place, d := h.ready(t)
	written := rows("lost", 20)
	h.write(t, d, written[:5])
	h.Lose(t, place)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	err := d.Write(ctx, batchOf(written))
	cancel()
	report(t, err)
	if err != nil { // a driver may have found out by itself
		mustBe(t, err, core.ClassRetry, "what became of the rows is not known, so they are sent again")
		h.persist(t, d, written)
	}
	h.expect(t, place, "the first write was done, though nobody was told", written)
}

func cancelled(t *testing.T, h Harness) {
	place, d := h.ready(t)
	written := rows("cancelled", 500)
	ctx, cancel := context.WithTimeout(t.Context(), h.Patience)
	cancel()
	err := d.Write(ctx, batchOf(written))
	mustBe(t, err, core.ClassRetry, "the context says nothing about the rows")
	for _, after := range []time.Duration{time.Microsecond, time.Millisecond, 5 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), h.Patience)
		timer := time.AfterFunc(after, cancel)
		began := time.Now()
		if err := d.Write(ctx, batchOf(written)); err != nil {
			mustBe(t, err, core.ClassRetry, "the context says nothing about the rows")
		}
		timer.Stop()
		cancel()
		if took := time.Since(began); took > h.Patience/2 {
			t.Errorf("Write returned %v after its context was done: a host program that ends cannot wait", took)
		}
	}
	h.persist(t, d, written)
	h.expect(t, place, "a write that was broken off leaves all, some or none of its rows, and is repeated", written)
}

func missingTable(t *testing.T, h Harness) {
	const why = "somebody has to make the table; meanwhile the rows are kept, and tried once a minute"
	place := h.New(t)
	d := h.open(t, place, warehouse.SchemaVerify)
	if !h.NoVerify {
		mustBe(t, d.EnsureSchema(h.within(t)), core.ClassUnauthorized, why)
	}
	mustBe(t, d.Write(h.within(t), batchOf(rows("early", 2))), core.ClassUnauthorized, why)

	maker := h.open(t, place, warehouse.SchemaCreate)
	if err := maker.EnsureSchema(h.within(t)); err != nil {
		t.Fatal(err)
	}
	if err := d.EnsureSchema(h.within(t)); err != nil {
		t.Errorf("%v: the table is there now", err)
	}
	h.persist(t, d, rows("early", 2))
	h.expect(t, place, "what was kept is written once the table is there", rows("early", 2))
}

func refused(t *testing.T, h Harness) {
	if h.Refused == nil {
		t.Skip("the database asks for no credentials")
	}
	place, _ := h.ready(t)
	d := h.Refused(t, place)
	t.Cleanup(func() { h.close(t, d) })
	const why = "hammering a sign-in that is refused locks accounts; the rows are kept, and tried once a minute"
	mustBe(t, d.Check(h.within(t)), core.ClassUnauthorized, "headgate validate --connect is to say so")
	mustBe(t, d.Write(h.within(t), batchOf(rows("refused", 2))), core.ClassUnauthorized, why)
	h.expect(t, place, why, nil)
}
