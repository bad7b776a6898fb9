// Package drivertest is what every driver of the warehouse sink is held to. A driver's test
// says how to make an empty database, how to open the driver on it and how to read the
// rows back by other means, and calls [Run]:
//
//	func TestTheDriverKeepsTheContract(t *testing.T) {
//		drivertest.Run(t, drivertest.Harness{New: …, Open: …, Rows: …, Poison: …, Break: …})
//	}
//
// Each failure says why the rule that was broken exists.
package drivertest

import (
	"context"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// Harness is a database to try a driver on. A place is one such database, empty and with
// nobody else in it; it is told apart by a string, such as the name of a file or a
// DSN, with which another process finds it as well.
type Harness struct {
	// New makes an empty place, which has no table yet, and removes it when the test is over.
	New func(t *testing.T) (place string)
	// Open opens the driver on a place, with a table of one name throughout, and schema
	// as [warehouse.Options.Schema]. It does not close it. It is called in child processes, too.
	Open func(t *testing.T, place, schema string) warehouse.Driver
	// Rows reads what is in the table, in any order, without the driver: from the view that
	// [warehouse.Table.Unique] names if the driver needs it. NULL is "". A time may be cut to
	// microseconds, a payload written differently. No table is no row.
	Rows func(t *testing.T, place string) []warehouse.Row

	// Poison changes a row so that the database refuses it for good.
	Poison func(*warehouse.Row)
	// Break makes the database at a place unreachable, or unable to write, with every connection
	// cut that there is, until mend is called.
	Break func(t *testing.T, place string) (mend func())
	// Lose, if not nil, makes the answer to the next Write get lost after the
	// database has done what it was asked for. Not for a database in this process.
	Lose func(t *testing.T, place string)
	// Refused, if not nil, opens the driver with credentials that are not accepted.
	Refused func(t *testing.T, place string) warehouse.Driver

	// MaxRows is the most that a batch may have; 10,000 if zero.
	MaxRows int
	// OwnExpiry says that the engine expires rows by itself, so that Expire does nothing.
	OwnExpiry bool
	// NoVerify says that a missing table cannot be seen before something is written to it.
	NoVerify bool
	// NoCrash says why the driver cannot be tried in a process that is killed.
	NoCrash string
	// Patience is how long an attempt may take on a loaded machine; 30 s if zero.
	Patience time.Duration
}

// Run tries a driver in every way that the contract of [warehouse.Driver] speaks of.
func Run(t *testing.T, h Harness) {
	if h.MaxRows == 0 {
		h.MaxRows = many
	}
	if h.Patience == 0 {
		h.Patience = 30 * time.Second
	}
	if h.child(t) {
		return
	}
	for _, rule := range []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"AFreshTableTakesRowsAndGivesThemBackWhole", roundTrip},
		{"HostileTextIsStoredAsItIs", hostileText},
		{"APayloadOfAMegabyteIsStored", largePayload},
		{"TenThousandRowsAreAllThere", manyRows},
		{"RowsWrittenTwiceAreThereOnce", duplicates},
		{"RowsWrittenByTwoAtOnceAreThereOnce", concurrentDuplicates},
		{"APoisonRowIsFoundAndTheOthersAreStored", poison},
		{"ABrokenDatabaseIsWaitedFor", broken},
		{"ALostAnswerDoesNotDoubleRows", lostAnswer},
		{"ACancelledWriteReturnsAndCanBeRepeated", cancelled},
		{"AProcessThatIsKilledLosesNothingItWasToldOf", killed},
		{"TheSchemaIsMadeOnceByAll", schemaRace},
		{"AMissingTableIsForSomebodyToSetRight", missingTable},
		{"CredentialsThatAreRefusedAreForSomebodyToSetRight", refused},
		{"CheckChangesNothing", check},
		{"RowsThatAreTooOldGoAndTheOthersStay", expire},
		{"RowsOfAPersonGoAndTheOthersStay", forget},
		{"CloseLosesNothing", closing},
	} {
		t.Run(rule.name, func(t *testing.T) { rule.test(t, h) })
	}
}

// open opens the driver for the length of a test.
func (h Harness) open(t *testing.T, place, schema string) warehouse.Driver {
	t.Helper()
	d := h.Open(t, place, schema)
	t.Cleanup(func() { h.close(t, d) })
	return d
}

func (h Harness) close(t *testing.T, d warehouse.Driver) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), h.Patience)
	defer cancel()
	if err := d.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// ready makes a place with the table in it, and opens the driver on it.
func (h Harness) ready(t *testing.T) (place string, d warehouse.Driver) {
	t.Helper()
	place = h.New(t)
	d = h.open(t, place, warehouse.SchemaCreate)
	if err := d.EnsureSchema(h.within(t)); err != nil {
		t.Fatalf("EnsureSchema in an empty database: %v", err)
	}
	return place, d
}

// within returns a context with the deadline of an attempt.
func (h Harness) within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), h.Patience)
	t.Cleanup(cancel)
	return ctx
}
