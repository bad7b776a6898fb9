package report

import (
	"fmt"
	"slices"
	"strings"
)

// Ref is the median of a figure of a row.
type Ref struct{ Table, Row, Figure string }

// Target is what headgate is to reach: a figure, or the ratio of two.
type Target struct {
	Text string
	// Of is the figure, divided by By if that has a table; the most or least of several, if there are more.
	Of Ref
	By []Ref
	// Best says which of several the comparison is with: the largest, unless Least.
	Least bool
	// At is the bound: at least so much, or at most, if AtMost.
	At     float64
	AtMost bool
	Unit   Unit // of the figure, unless it is a ratio
	// Steady says that the figure hardly depends on what others do on the machine, as those called cpu, peak and
	// allocs never do.
	Steady bool
}

// Verdict is whether a target is reached.
type Verdict struct {
	Known  bool // everything was measured
	Value  float64
	Met    bool
	Beside string // the row that it is compared with
	// Unsure says that it was measured on a busy machine, which the figure depends on.
	Unsure bool
}

// Judge compares results with a target.
func (t Target) Judge(r Results) (v Verdict) {
	value, ok := r.median(t.Of)
	if !ok {
		return v
	}
	if len(t.By) > 0 {
		best, found := 0.0, false
		for _, ref := range t.By {
			m, ok := r.median(ref)
			if ok && (!found || t.Least && m < best || !t.Least && m > best) {
				best, found, v.Beside = m, true, ref.Row
			}
		}
		if !found || best == 0 {
			return v
		}
		value /= best
	}
	v.Known, v.Value = true, value
	for _, ref := range append([]Ref{t.Of}, t.By...) {
		v.Unsure = v.Unsure || !t.Steady && r.unsure(ref)
	}
	v.Met = value >= t.At
	if t.AtMost {
		v.Met = value <= t.At
	}
	return v
}

// steady are the figures that hardly depend on what others do on the machine.
var steady = []string{"cpu", "peak", "allocs"}

func (r Results) unsure(ref Ref) bool {
	t, _ := r.Table(ref.Table)
	return t.Environment.Others > quietShare && !slices.Contains(steady, ref.Figure)
}

func (r Results) median(ref Ref) (float64, bool) {
	t, ok := r.Table(ref.Table)
	if !ok {
		return 0, false
	}
	row, ok := t.Row(ref.Row)
	if !ok {
		return 0, false
	}
	s, ok := row.Spread(ref.Figure)
	return s.Median, ok
}

// Verdicts writes a table of targets.
func (r Results) Verdicts(targets []Target) string {
	var b strings.Builder
	b.WriteString("| target | bound | measured | |\n|---|---|---|---|\n")
	for _, t := range targets {
		word, measured := "not measured", "–"
		if v := t.Judge(r); v.Known {
			measured = t.write(v.Value)
			if v.Beside != "" {
				measured += ", beside " + v.Beside
			}
			if word = "**missed**"; v.Met {
				word = "met"
			}
			if v.Unsure {
				word += ", on a busy machine"
			}
		}
		sign := "≥"
		if t.AtMost {
			sign = "≤"
		}
		fmt.Fprintf(&b, "| %s | %s %s | %s | %s |\n", t.Text, sign, t.write(t.At), measured, word)
	}
	return b.String()
}

func (t Target) write(v float64) string {
	if len(t.By) > 0 {
		return significant(v) + " ×"
	}
	unit := ""
	switch t.Unit {
	case Micros, Millis, Bytes, Throughput:
		unit = " " + string(t.Unit)
	}
	return t.Unit.format(v) + unit
}
