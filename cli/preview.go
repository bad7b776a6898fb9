package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
)

func newPreview(a *app) *cobra.Command {
	var from eventSource
	cmd := &cobra.Command{
		Use:   "preview NAME [key=value …] | --file FILE",
		Short: "Show what each sink would send, and what the sanitiser would change",
		Long: `Takes the same events as send, touches no network and writes no file, and prints
each event as it would be sealed, what the sanitiser changed in it and why, and for
every sink the exact request, row or line. Credentials are masked.

With --file and --json there is one JSON object per line for each event, which says
in "line" where the event stands. A line that holds no event is reported on standard
error, and the exit status is then 1.`,
		Example: `  headgate preview signup plan=pro email=ada@example.com
  headgate preview --file events.ndjson --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var e core.Event
			if from.file == "" {
				var err error
				if e, err = from.who.event(args); err != nil {
					return err
				}
			}
			cfg, err := a.load(config.Options{Logger: a.logger()})
			if err != nil {
				return err
			}
			if from.file != "" {
				return a.previewFile(cmd.Context(), cfg.Core(), from.file)
			}
			result, err := core.Preview(cfg.Core(), e)
			if errors.Is(err, core.ErrInvalidEvent) {
				return usageError{err}
			}
			if err != nil {
				return err
			}
			return a.printPreview(result)
		},
	}
	from.add(cmd)
	return a.takesJSON(cmd)
}

// previewJSON is a preview as --json prints it.
type previewJSON struct {
	Event json.RawMessage `json:"event"`
	core.PreviewResult
}

func (a *app) printPreview(p core.PreviewResult) error {
	var err error
	if a.json {
		err = a.printJSON(previewJSON{p.Event, p})
	} else {
		_, err = io.WriteString(a.out, previewText(p))
	}
	if err == nil && sinkFailed(p) {
		return errFailed // it is in the output
	}
	return err
}

// sinkFailed reports whether some sink could not tell what it would do.
func sinkFailed(p core.PreviewResult) bool {
	return slices.ContainsFunc(p.Sinks, func(s core.SinkPreview) bool { return s.Error != "" })
}

func previewText(p core.PreviewResult) string {
	var b strings.Builder
	if len(p.Denied) > 0 {
		fmt.Fprintf(&b, "tracking is off, turned off by %s: nothing would be sent\n\n", visible(strings.Join(p.Denied, ", ")))
	}
	if len(p.Event) > 0 {
		fmt.Fprintf(&b, "event\n%s\n", indent(string(p.Event)))
	}
	if len(p.Findings) > 0 {
		b.WriteString("changed by the sanitiser\n")
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, f := range p.Findings {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", visible(f.Path), visible(f.Kind), visible(f.Action))
		}
		_ = w.Flush() // to memory
		b.WriteByte('\n')
	} else {
		b.WriteString("changed by the sanitiser: nothing\n\n")
	}
	for _, s := range p.Sinks {
		b.WriteString(sinkPreviewText(s))
	}
	return b.String()
}

func sinkPreviewText(s core.SinkPreview) string {
	var b strings.Builder
	b.WriteString(visible(s.Sink))
	if s.Type != s.Sink {
		fmt.Fprintf(&b, " (%s)", visible(s.Type))
	}
	switch {
	case s.Filtered != "":
		fmt.Fprintf(&b, ": would not get the event: %s\n", visible(strings.Replace(s.Filtered, ".", ": ", 1)))
	case s.Error != "":
		fmt.Fprintf(&b, ": cannot tell: %s\n", visible(s.Error))
	case len(s.Requests) == 0:
		b.WriteString(": would get the event, but cannot show what it would do\n")
	default:
		b.WriteByte('\n')
	}
	for _, r := range s.Requests {
		b.WriteString(indent(requestText(r)))
	}
	b.WriteByte('\n')
	return b.String()
}

// requestText is a request as it would go over the wire, or what would be written and where.
func requestText(r core.Request) string {
	var b strings.Builder
	if r.Method != "" || r.URL != "" {
		fmt.Fprintf(&b, "%s %s\n", r.Method, r.URL)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	if r.Target != "" {
		fmt.Fprintf(&b, "to %s\n", r.Target)
	}
	if b.Len() > 0 && r.Body != "" && r.Target == "" {
		b.WriteByte('\n')
	}
	b.WriteString(strings.TrimSuffix(r.Body, "\n"))
	return b.String()
}

// indent sets text off by two columns, its control characters escaped.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight("  "+visible(strings.TrimSuffix(line, "\n")), " ") + "\n")
	}
	return b.String()
}
