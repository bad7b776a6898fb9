package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/core/sanitize"
)

func newSanitize(a *app) *cobra.Command {
	var as string
	var findings bool
	cmd := &cobra.Command{
		Use:   "sanitize",
		Short: "Clean JSON objects, one per line, as events are cleaned",
		Long: `Reads one JSON object per line from standard input and writes the cleaned object
per line to standard output, in the same order. The standard policy applies, or
the privacy block of the file that --config names.

A line that is not a JSON object becomes null, is reported with its number on
standard error, and makes the exit status 1. An empty line stays empty.`,
		Example: `  headgate sanitize < properties.ndjson
  headgate sanitize --as event --findings < events.ndjson`,
		Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			clean, ok := cleaners[as]
			if !ok {
				return usagef("--as is %q; want properties or event", as)
			}
			options, err := a.privacy()
			if err != nil {
				return err
			}
			options.MaxBytes = 4 * maxLine // no line is too long for its output
			s, err := sanitize.New(options)
			if err != nil {
				return configError{err}
			}
			job := sanitizing{sanitizer: s, clean: clean, findings: findings, problems: a.err}
			return job.run(a.in, a.out)
		},
	}
	cmd.Flags().StringVar(&as, "as", "properties", "`WHAT` a line is: properties, or event as /v1/events takes it")
	cmd.Flags().BoolVar(&findings, "findings", false, `wrap each object as {"out":…,"findings":[{"path","kind","action"}]}`)
	return cmd
}

// A cleaner appends the cleaned form of a JSON object, and says what it changed if the
// encoder records that.
type cleaner func(enc *sanitize.Encoder, dst, object []byte) ([]byte, []sanitize.Finding, error)

var cleaners = map[string]cleaner{"properties": cleanProperties, "event": cleanEvent}

func cleanProperties(enc *sanitize.Encoder, dst, object []byte) ([]byte, []sanitize.Finding, error) {
	dst, err := enc.AppendObject(dst, object)
	return dst, enc.Findings(), err
}

// sanitizing is one run of the command.
type sanitizing struct {
	sanitizer *sanitize.Sanitizer
	clean     cleaner
	findings  bool
	problems  io.Writer
	bad       int // lines
}

func (j *sanitizing) run(in io.Reader, out io.Writer) error {
	lines, w := newLineReader(in), bufio.NewWriterSize(out, 64<<10)
	var buf []byte
	for {
		line, err := lines.next()
		switch {
		case err == io.EOF:
			if err := w.Flush(); err != nil {
				return fmt.Errorf("write the result: %w", err)
			}
			if j.bad > 0 {
				return errFailed
			}
			return nil
		case err != nil && !errors.Is(err, errLongLine):
			return errors.Join(fmt.Errorf("read standard input: %w", err), w.Flush())
		}
		buf = j.line(buf[:0], lines.n, line, err)
		if _, err := w.Write(append(buf, '\n')); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		if lines.r.Buffered() == 0 { // whoever writes the next line may wait for this one
			if err := w.Flush(); err != nil {
				return fmt.Errorf("write the result: %w", err)
			}
		}
	}
}

// line appends what becomes of a line.
func (j *sanitizing) line(dst []byte, n int, line []byte, err error) []byte {
	if err == nil && blank(line) {
		return dst
	}
	enc := j.sanitizer.Encoder()
	defer enc.Release()
	if j.findings {
		enc.Record()
		dst = append(dst, `{"out":`...)
	}
	start := len(dst)
	var findings []sanitize.Finding
	if err == nil {
		dst, findings, err = j.clean(enc, dst, line)
	}
	if err != nil {
		j.bad++
		fmt.Fprintf(j.problems, "headgate: line %d: %s\n", n, visible(err.Error()))
		dst, findings = append(dst[:start], "null"...), nil
	}
	if j.findings {
		dst = appendFindings(append(dst, `,"findings":`...), findings)
		dst = append(dst, '}')
	}
	return dst
}
