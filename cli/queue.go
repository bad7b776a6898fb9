package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

func newQueue(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "queue check DIR",
		Short: "Look at a queue on disk, and repair it",
		Args:  noSuchCommand,
		RunE:  func(*cobra.Command, []string) error { return usagef("say what to do: check") },
	}
	var look bool
	check := &cobra.Command{
		Use:   "check DIR",
		Short: "Report what is in a queue on disk and its dead letters, and repair what is damaged",
		Long: `Reads every record of the queue in DIR, queue.dir of the configuration, and of the dead letters
beside it. What is damaged is repaired as far as it can be: torn ends are cut off, headers and the
places of the sinks are written anew; damaged bytes are copied to the directory quarantine first. The
daemon does the same when it starts, so that this is for looking.

Exits with 1 if the queue cannot be read, or is in use, or with --dry-run if something is damaged.`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return a.checkQueue(args[0], !look) },
	}
	check.Flags().BoolVar(&look, "dry-run", false, "report only; the queue may be in use")
	cmd.AddCommand(a.takesJSON(check))
	return cmd
}

func (a *app) checkQueue(dir string, repair bool) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("check the queue in %s: there is no such directory", visible(dir))
	}
	damaged := false
	for _, log := range config.QueueLogs(dir) {
		report, err := disk.Check(log, repair)
		if err != nil {
			return err
		}
		damaged = damaged || len(report.Problems) > 0
		if a.json {
			err = a.printLine(report)
		} else {
			err = a.printReport(report)
		}
		if err != nil {
			return err
		}
	}
	if damaged && !repair {
		return errFailed
	}
	return nil
}

func (a *app) printReport(r disk.Report) error {
	var b strings.Builder
	records, bytes := uint64(0), int64(0)
	for _, s := range r.Segments {
		records, bytes = records+s.Records, bytes+s.Bytes
	}
	fmt.Fprintf(&b, "%s: %d records in %d files, %d bytes\n", visible(r.Dir), records, len(r.Segments), bytes)
	for _, c := range r.Cursors {
		fmt.Fprintf(&b, "  %s: %d not finished\n", visible(c.Name), c.Unread+c.InHand)
	}
	for _, s := range r.Segments {
		if s.Missing > 0 {
			fmt.Fprintf(&b, "  %s: %d records are damaged\n", visible(filepath.Base(s.File)), s.Missing)
		}
	}
	for _, part := range []struct {
		title string
		lines []string
	}{{"problem", r.Problems}, {"repaired", r.Repaired}} {
		for _, line := range part.lines {
			fmt.Fprintf(&b, "  %s: %s\n", part.title, visible(line))
		}
	}
	if r.InUse != 0 {
		fmt.Fprintf(&b, "  in use by process %d; what it writes meanwhile may look torn\n", r.InUse)
	}
	_, err := fmt.Fprint(a.out, b.String())
	return err
}
