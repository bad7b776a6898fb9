package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// printStats prints the books for people.
func (a *app) printStats(s core.Stats) error {
	var b strings.Builder
	if s.DoNotTrack.Active {
		fmt.Fprintf(&b, "tracking  %s, turned off by %s\n", a.colour(a.out, yellow, "off"), visible(strings.Join(s.DoNotTrack.Sources, ", ")))
	} else {
		fmt.Fprintf(&b, "tracking  %s\n", a.colour(a.out, green, "on"))
	}
	n := s.Books
	fmt.Fprintf(&b, "received  %d = %d accepted + %d denied + %d rejected + %d duplicates\n",
		n.Received, n.Accepted, n.Denied, n.Rejected, n.Duplicates)
	if len(s.Sinks) > 0 {
		b.WriteString("\n" + sinkTable(s.Sinks))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Sinks)) {
		sink := s.Sinks[name]
		if sink.State != core.StateOK {
			fmt.Fprintf(&b, "\n%s is %s", visible(name), a.colour(a.out, red, visible(string(sink.State))))
			if sink.PausedByOperator {
				b.WriteString(" by the operator, until it is resumed")
			}
			if sink.LastError != "" {
				fmt.Fprintf(&b, ": %s", visible(sink.LastError))
			}
			b.WriteByte('\n')
		}
	}
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// sinkTable is one line per sink.
func sinkTable(sinks map[string]core.SinkStats) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SINK\tTYPE\tSTATE\tDELIVERED\tFILTERED\tSAMPLED OUT\tDEAD\tEXPIRED\tOVERFLOWED\tQUEUED\tRETRIES\tRECOVERED\tOLDEST")
	for _, name := range slices.Sorted(maps.Keys(sinks)) {
		s := sinks[name]
		row := []string{visible(name), visible(s.Type), visible(string(s.State))}
		for _, n := range []uint64{
			s.Delivered, s.Filtered, s.SampledOut, s.DeadLettered, s.Expired, s.Overflowed, s.Queued, s.Retries, s.Recovered,
		} {
			row = append(row, strconv.FormatUint(n, 10))
		}
		fmt.Fprintln(w, strings.Join(append(row, oldest(s)), "\t"))
	}
	_ = w.Flush() // to memory
	return b.String()
}

// oldest says how long the oldest event of a sink has waited.
func oldest(s core.SinkStats) string {
	const day = 24 * time.Hour
	switch {
	case s.Queued == 0:
		return "-"
	case s.OldestEventAge == nil:
		return "?"
	}
	switch age := time.Duration(*s.OldestEventAge * float64(time.Second)).Truncate(time.Second); {
	case age >= day:
		return fmt.Sprintf("%dd%dh", age/day, age%day/time.Hour)
	case age >= time.Hour:
		return strings.TrimSuffix(age.Truncate(time.Minute).String(), "0s")
	default:
		return age.String()
	}
}
