package suite

import (
	"context"

	"github.com/headgate-dev/headgate/bench/internal/report"
)

// Table is a comparison to be made.
type Table struct {
	Name    string
	Columns []report.Column
	Rows    []Row
	// Views show other columns of the same measurement.
	Views []View
	// Helpers are programs that its rows need besides their own.
	Helpers []string
	// Runs is how often its rows are measured, if fewer than others.
	Runs int
}

// Shown is the table itself and its views.
func (t Table) Shown() []View { return append([]View{{t.Name, t.Columns}}, t.Views...) }

// View is a name and the columns that are shown under it.
type View struct {
	Name    string
	Columns []report.Column
}

// Row is a subject of a table.
type Row struct {
	Label string
	// Program is what is measured, below bin, and Module what gives the row its version.
	Program, Module string
	// Once says to measure it in the first round only, as it is so slow that more would tell little.
	Once bool
	// Run measures it once. An error voids the run.
	Run func(ctx context.Context, b *Bench, label string) (map[string]float64, error)
}

// Tables are all there are.
func Tables() []Table {
	return []Table{engines(), senders(), sdks(), defaults(), gentle(), fanOut(), outage(), moreEvents(), moreSinks(), programs(), daemons(), processes(), scrubbers(), profiles()}
}
