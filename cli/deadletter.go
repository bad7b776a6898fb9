package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"
)

func newDeadLetter(a *app) *cobra.Command {
	var b letterBox
	cmd := &cobra.Command{
		Use:   "deadletter list|show|replay|purge",
		Short: "See, send again or drop what sinks did not take",
		Long: `An event that a sink refuses for good, or has not taken after retry.max_attempts, is a
dead letter of that sink. They are asked of the running daemon at its admin address; when none
runs and the queue is on disk, they are read there.`,
		Args: noSuchCommand,
		RunE: func(*cobra.Command, []string) error {
			return usagef("say what to do: list, show, replay or purge")
		},
	}
	cmd.PersistentFlags().StringVar(&b.sink, "sink", "", "only the dead letters of the sink `NAME`")
	cmd.PersistentFlags().StringVar(&b.admin, "admin", "", "`ADDR` or URL of the daemon's admin listener (default: admin.listen of the configuration)")
	list := &cobra.Command{
		Use: "list", Short: "Print a line per dead letter", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withLetters(cmd.Context(), b, func(ctx context.Context, letters letters) error {
				return a.listLetters(ctx, letters, b.sink)
			})
		},
	}
	show := &cobra.Command{
		Use: "show ID", Short: "Print a dead letter with its event, as it was sealed", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withLetters(cmd.Context(), b, func(ctx context.Context, letters letters) error {
				return a.showLetter(ctx, letters, b.sink, args[0])
			})
		},
	}
	var rate float64
	replay := &cobra.Command{
		Use: "replay [ID ...]", Short: "Send dead letters again, under the ids they have",
		Long: `Sends dead letters again, all or those named, and says how many the sinks accepted; those
are dead letters no more. What is not accepted is kept. Exits with 1 unless all were.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withLetters(cmd.Context(), b, func(ctx context.Context, letters letters) error {
				return a.replayLetters(ctx, letters, b.sink, core.ReplayOptions{Rate: rate, IDs: args})
			})
		},
	}
	replay.Flags().Float64Var(&rate, "rate", 100, "the most `EVENTS` to send in a second")
	purge := &cobra.Command{
		Use: "purge", Short: "Drop dead letters", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withLetters(cmd.Context(), b, func(ctx context.Context, letters letters) error {
				return a.purgeLetters(ctx, letters, b.sink)
			})
		},
	}
	cmd.AddCommand(a.takesJSON(list), a.takesJSON(show), a.takesJSON(replay), a.takesJSON(purge))
	return cmd
}

// sinksOf returns the sinks to act on.
func sinksOf(ctx context.Context, l letters, sink string) ([]string, error) {
	if sink != "" {
		return []string{sink}, nil
	}
	return l.sinks(ctx)
}

func (a *app) listLetters(ctx context.Context, l letters, sink string) error {
	list, err := l.list(ctx, sink, "")
	if err != nil {
		return err
	}
	if a.json {
		for _, letter := range list.Letters {
			if err := a.printLine(letter); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list.Letters) == 0 {
		_, err := fmt.Fprintln(a.out, "there are no dead letters")
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSINK\tEVENT\tREASON\tATTEMPTS\tTIME\tERROR")
	for _, letter := range list.Letters {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", visible(letter.ID), letter.Sink, visible(letter.Name), letter.Reason,
			letter.Attempts, letter.Time.UTC().Format(time.RFC3339), visible(letter.Error))
	}
	return w.Flush()
}

func (a *app) showLetter(ctx context.Context, l letters, sink, id string) error {
	list, err := l.list(ctx, sink, id)
	if err != nil {
		return err
	}
	if len(list.Letters) == 0 {
		return fmt.Errorf("no dead letter has the id %s; headgate deadletter list prints those there are", visible(id))
	}
	for _, letter := range list.Letters {
		if a.json {
			if err := a.printLine(letter); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(a.out, "id        %s\nsink      %s\nevent     %s\nreason    %s\nattempts  %d\ntime      %s\nerror     %s\n%s\n",
			visible(letter.ID), letter.Sink, visible(letter.Name), letter.Reason, letter.Attempts,
			letter.Time.UTC().Format(time.RFC3339), visible(letter.Error), visible(string(letter.Event)))
	}
	return nil
}

// replayed is what "headgate deadletter replay" prints of a sink.
type replayed struct {
	Sink string `json:"sink"`
	core.Replayed
	Error string `json:"error,omitempty"`
}

func (a *app) replayLetters(ctx context.Context, l letters, sink string, opts core.ReplayOptions) error {
	if !(opts.Rate > 0) {
		return usagef("--rate must be above 0")
	}
	sinks, err := sinksOf(ctx, l, sink)
	if err != nil {
		return err
	}
	failed := false
	for _, name := range sinks {
		got, err := l.replay(ctx, name, opts)
		r := replayed{Sink: name, Replayed: got}
		if err != nil {
			r.Error = err.Error()
		}
		failed = failed || err != nil || got.Failed+got.Left > 0
		if a.json {
			err = a.printLine(r)
		} else {
			_, err = fmt.Fprintln(a.out, r.text())
		}
		if err != nil {
			return err
		}
	}
	if failed {
		return errFailed
	}
	return nil
}

func (r replayed) text() string {
	text := fmt.Sprintf("%s: %d accepted", r.Sink, r.Accepted)
	for _, part := range []struct {
		n    int
		what string
	}{{r.Failed, "not accepted, and kept"}, {r.Left, "not sent, and kept"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	if r.Error != "" {
		text += ": " + visible(r.Error)
	}
	return text
}

func (a *app) purgeLetters(ctx context.Context, l letters, sink string) error {
	sinks, err := sinksOf(ctx, l, sink)
	if err != nil {
		return err
	}
	for _, name := range sinks {
		n, err := l.purge(ctx, name)
		if err != nil {
			return err
		}
		if a.json {
			err = a.printLine(map[string]any{"sink": name, "purged": n})
		} else {
			_, err = fmt.Fprintf(a.out, "%s: %d dropped\n", name, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// printLine prints a result as JSON on a line of its own.
func (a *app) printLine(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s\n", text)
	return err
}

// boxLetters are dead letters that this process has open.
type boxLetters struct {
	box interface {
		SinkNames() []string
		DeadLetters(sink string) []core.DeadLetter
		PurgeDeadLetters(sink string) (int, error)
	}
	resend func(ctx context.Context, sink string, opts core.ReplayOptions) (core.Replayed, error)
}

func (b boxLetters) sinks(context.Context) ([]string, error) { return b.box.SinkNames(), nil }

func (b boxLetters) list(_ context.Context, sink, id string) (server.DeadLetterList, error) {
	if names := b.box.SinkNames(); sink != "" && !slices.Contains(names, sink) {
		return server.DeadLetterList{}, fmt.Errorf("no sink is named %q; there are %s", sink, strings.Join(names, ", "))
	}
	return server.ListDeadLetters(b.box, sink, id), nil
}

func (b boxLetters) replay(ctx context.Context, sink string, opts core.ReplayOptions) (core.Replayed, error) {
	if b.resend == nil {
		return core.Replayed{}, errors.New("nothing can be sent from here")
	}
	return b.resend(ctx, sink, opts)
}

func (b boxLetters) purge(_ context.Context, sink string) (int, error) {
	return b.box.PurgeDeadLetters(sink)
}
