package drivertest

import (
	"errors"
	"maps"
	"math/bits"
	"slices"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// outcome is what became of rows that were delivered as the dispatcher does.
type outcome struct {
	writes, most int
	dead         []string // ids
	again        error    // the first error that would be tried again
}

// deliver writes rows and treats errors as the dispatcher does: what is refused for
// good is split down to the rows at fault.
func (h Harness) deliver(t *testing.T, d warehouse.Driver, rows []warehouse.Row) outcome {
	t.Helper()
	o := outcome{most: 2*bits.Len(uint(len(rows))) + 1}
	todo := [][]warehouse.Row{rows}
	for len(todo) > 0 {
		now := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		o.writes++
		err := d.Write(h.within(t), batchOf(now))
		report(t, err)
		var partial *core.BatchError
		if errors.As(err, &partial) {
			for _, i := range slices.Sorted(maps.Keys(partial.Failed)) {
				o.row(t, now[i], partial.Failed[i])
			}
			continue
		}
		switch class, _ := core.Classify(err); {
		case err == nil:
		case (class == core.ClassPermanent || class == core.ClassTooLarge) && len(now) > 1:
			middle := (len(now) + 1) / 2
			todo = append(todo, now[middle:], now[:middle])
		default:
			for _, row := range now {
				o.row(t, row, err)
			}
		}
	}
	return o
}

// row notes the end of a single row.
func (o *outcome) row(t *testing.T, row warehouse.Row, err error) {
	t.Helper()
	report(t, err)
	switch class, _ := core.Classify(err); class {
	case core.ClassPermanent, core.ClassRefused, core.ClassTooLarge:
		o.dead = append(o.dead, row.ID)
	default:
		if o.again == nil {
			o.again = err
		}
	}
}

// write writes rows that nothing is wrong with.
func (h Harness) write(t *testing.T, d warehouse.Driver, rows []warehouse.Row) {
	t.Helper()
	for part := range slices.Chunk(rows, h.MaxRows) {
		if err := d.Write(h.within(t), batchOf(part)); err != nil {
			t.Fatalf("Write of %d rows: %v", len(part), err)
		}
	}
}

// mustBe fails the test unless an error has the class.
func mustBe(t *testing.T, err error, want core.Class, why string) {
	t.Helper()
	report(t, err)
	if err == nil {
		t.Errorf("no error, want one of class %s: %s", want, why)
		return
	}
	class, _ := core.Classify(err)
	if class == core.ClassRetryAfter && want == core.ClassRetry {
		return
	}
	var partial *core.BatchError
	if errors.As(err, &partial) {
		for _, e := range partial.Failed {
			if class, _ = core.Classify(e); class != want {
				break
			}
		}
	}
	if class != want {
		t.Errorf("%q has the class %s, want %s: %s", err, class, want, why)
	}
}
