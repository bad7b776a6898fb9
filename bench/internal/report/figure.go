package report

import (
	"fmt"
	"math"
	"slices"
)

// Spread is what the runs of a row came to in one figure.
type Spread struct {
	Median, Least, Most float64
	Runs                int
}

// Spread returns a figure over the runs that are not void.
func (r Row) Spread(figure string) (Spread, bool) {
	var values []float64
	for _, run := range r.Runs {
		if v, ok := run.Figures[figure]; ok && run.Void == "" {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Spread{}, false
	}
	slices.Sort(values)
	median := values[len(values)/2]
	if len(values)%2 == 0 {
		median = (values[len(values)/2-1] + median) / 2
	}
	return Spread{median, values[0], values[len(values)-1], len(values)}, true
}

// voids returns how many runs are void, and why the first is.
func (r Row) voids() (n int, why string) {
	for _, run := range r.Runs {
		if run.Void != "" {
			if n++; n == 1 {
				why = run.Void
			}
		}
	}
	return n, why
}

// Unit says how a figure is written.
type Unit string

// The units of figures.
const (
	Rate    Unit = "rate"    // a number in a second
	Seconds Unit = "seconds" // of a processor, for a million events
	Micros  Unit = "µs"      // given in nanoseconds
	Millis  Unit = "ms"      // given in nanoseconds
	Elapsed Unit = "s"       // given in nanoseconds
	Bytes   Unit = "MB"      // given in bytes
	Number  Unit = "number"
	Percent Unit = "percent" // given as a share
	Share   Unit = "share"   // the same, with a decimal
	// Throughput is given in bytes in a second.
	Throughput Unit = "MB/s"
)

func (u Unit) format(v float64) string {
	switch u {
	case Rate:
		if v >= 1e6 {
			return significant(v/1e6) + " M"
		}
		return significant(v/1e3) + " k"
	case Micros:
		return significant(v / 1e3)
	case Millis:
		return significant(v / 1e6)
	case Elapsed:
		return significant(v / 1e9)
	case Bytes:
		return significant(v / (1 << 20))
	case Throughput:
		return significant(v / 1e6)
	case Share:
		return fmt.Sprintf("%.1f %%", v*100)
	case Percent:
		return fmt.Sprintf("%.0f %%", v*100)
	default:
		return significant(v)
	}
}

// significant writes a number with three digits, or all in front of the point.
func significant(v float64) string {
	switch abs := math.Abs(v); {
	case abs == 0:
		return "0"
	case abs < 0.0995:
		return fmt.Sprintf("%.3f", v)
	case abs < 9.95:
		return fmt.Sprintf("%.2f", v)
	case abs < 99.5:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

// show writes the median and, in brackets, the range.
func (u Unit) show(s Spread) string {
	if s.Runs == 1 || u.format(s.Least) == u.format(s.Most) {
		return u.format(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", u.format(s.Median), u.format(s.Least), u.format(s.Most))
}
