package report

import (
	"fmt"
	"strings"
	"time"
)

// Column is a figure in a table.
type Column struct {
	Head   string
	Figure string
	Unit   Unit
}

// Markdown writes the table with these columns, and where it was measured.
func (t Table) Markdown(columns []Column) string {
	var b strings.Builder
	b.WriteString("| |")
	for _, c := range columns {
		fmt.Fprintf(&b, " %s |", c.Head)
	}
	b.WriteString("\n|---|")
	b.WriteString(strings.Repeat("---|", len(columns)))
	b.WriteString("\n")
	for _, r := range t.Rows {
		b.WriteString(r.markdown(columns))
	}
	fmt.Fprintf(&b, "\n%s\n", t.Environment)
	return b.String()
}

func (r Row) markdown(columns []Column) string {
	label := r.Label
	if r.Version != "" {
		label += " (" + r.Version + ")"
	}
	n, why := r.voids()
	if n == len(r.Runs) {
		return fmt.Sprintf("| %s | void: %s%s\n", label, why, strings.Repeat(" |", len(columns)))
	}
	if n > 0 {
		label += fmt.Sprintf(" (%d of %d runs void: %s)", n, len(r.Runs), why)
	}
	line := "| " + label + " |"
	for _, c := range columns {
		cell := "–"
		if s, ok := r.Spread(c.Figure); ok {
			cell = c.Unit.show(s)
		}
		line += " " + cell + " |"
	}
	return line + "\n"
}

// String is a line about where and when.
func (e Environment) String() string {
	commit := e.Commit
	if commit == "" {
		commit = "an unknown commit"
	}
	line := fmt.Sprintf("%s, %s, %s, %d cores of %s, %d MB, %s; load %.1f before and %.1f after, others took %.0f %% of the processors; headgate at %s; %s.",
		e.Date, e.Go, e.System, e.Cores, e.CPU, e.MemoryMB, e.Disk, e.LoadStart, e.LoadEnd, e.Others*100, commit, e.Took.Round(time.Second))
	if e.Scale != 1 {
		line += fmt.Sprintf(" **A try with %.2g of the events.**", e.Scale)
	}
	if e.Others > quietShare {
		line += " **The machine was busy: read ratios and CPU, not rates.**"
	}
	return line
}

// quietShare is how much others may take on a machine that is called quiet.
const quietShare = 0.1

// Line writes the figures of the first row, for whoever watches.
func (t Table) Line(columns []Column) string {
	var parts []string
	for _, c := range columns {
		if s, ok := t.Rows[0].Spread(c.Figure); ok {
			parts = append(parts, c.Head+" "+c.Unit.show(s))
		}
	}
	return strings.Join(parts, ", ")
}
