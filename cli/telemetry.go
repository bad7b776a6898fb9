package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core/consent"
)

func newTelemetry(a *app) *cobra.Command {
	var boxes []string
	cmd := &cobra.Command{
		Use:   "telemetry on|off|show|purge",
		Short: "Choose whether programs on this machine may report what you do",
		Long: `The choice is yours as the person at the keyboard: it is stored in your user
config directory. "off" counts exactly as DO_NOT_TRACK=1 does. "on" takes an
earlier "off" back; it overrules no other way of opting out.

Programs read the choice when they start. A daemon that runs at admin.listen of the
configuration is told at once: with "off" it discards what it has queued, in memory and on disk.
"off" also deletes what programs that end at once have left in their outboxes, to be sent later.`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef("say what to do: on, off, show or purge")
		},
	}
	off := &cobra.Command{
		Use: "off", Short: "Turn tracking off", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.choose(cmd.Context(), false, boxes) },
	}
	purge := &cobra.Command{
		Use: "purge", Short: "Delete what is queued on disk or in a stream", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.purge(cmd.Context(), boxes) },
	}
	addOutboxFlag(off.Flags(), &boxes)
	addOutboxFlag(purge.Flags(), &boxes)
	cmd.AddCommand(
		a.takesJSON(&cobra.Command{
			Use: "on", Short: "Take back an earlier off", Args: arguments(cobra.NoArgs),
			RunE: func(cmd *cobra.Command, _ []string) error { return a.choose(cmd.Context(), true, nil) },
		}),
		a.takesJSON(off),
		a.takesJSON(&cobra.Command{
			Use: "show", Short: "Say whether tracking is on, and who turned it off", Args: arguments(cobra.NoArgs),
			RunE: func(*cobra.Command, []string) error { return a.showTelemetry() },
		}),
		a.takesJSON(purge),
	)
	return cmd
}

// choose stores the choice, has the daemon go by it, then shows what it amounts to. A
// configuration that is not valid does not keep anybody from choosing. Who turns tracking off takes back
// what is in outboxes.
func (a *app) choose(ctx context.Context, on bool, named []string) error {
	if err := consent.WriteChoice("", on); err != nil {
		return err
	}
	file, err := a.load(config.Options{Tolerant: true})
	if errors.Is(err, errInvalid) {
		return nil
	}
	if err != nil {
		return err
	}
	state := a.telemetryState(file)
	state.Daemon = a.tellDaemon(ctx, file.Admin.Listen)
	var failed error
	if !on {
		dirs, err := outboxes(file, named)
		if err != nil {
			return err
		}
		state.Outboxes, failed = purgeOutboxes(dirs)
		if state.Daemon == "" {
			state.Waits = waits(file)
		}
	}
	return errors.Join(a.printTelemetry(state), failed)
}

// waits says where something may be queued that no daemon has discarded, "" if nowhere.
func waits(file *config.File) string {
	switch file.Queue.Type {
	case "memory":
		return ""
	case "disk":
		if _, err := os.Stat(file.Queue.Dir); err != nil {
			return ""
		}
		return file.Queue.Dir
	}
	return "the stream " + file.Queue.Stream
}

// tellDaemon has a daemon read its configuration, and the choice, again. It returns what came of
// that, "" if no daemon runs.
func (a *app) tellDaemon(ctx context.Context, admin string) string {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	status, _, err := askDaemon(ctx, admin, http.MethodPost, "/v1/reload", nil)
	switch {
	case errors.Is(err, errNoDaemon):
		return ""
	case err != nil:
		return "it could not be told: " + err.Error()
	case status != http.StatusOK:
		return fmt.Sprintf("it could not be told, and answers %d: restart it", status)
	}
	return "it goes by your choice from now on"
}

// purge deletes what is queued on disk, and in outboxes.
func (a *app) purge(ctx context.Context, named []string) error {
	file, err := a.load(config.Options{Tolerant: true})
	if err != nil {
		return err
	}
	dirs, err := outboxes(file, named)
	if err != nil {
		return err
	}
	boxes, failed := purgeOutboxes(dirs)
	deleted, err := file.Purge(ctx)
	if err != nil && file.Queue.Type == "disk" {
		err = fmt.Errorf("%w; stop the process that uses it first", err)
	}
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	if a.json {
		result := purged{Deleted: deleted, Outboxes: boxes}
		for _, p := range boxes {
			result.Deleted += p.Deleted
		}
		return a.printJSON(result)
	}
	text := fmt.Sprintf("%d events were deleted from %s", deleted, file.Queue.Dir)
	switch file.Queue.Type {
	case "disk":
	case "memory":
		text = "nothing is queued on disk: the queue is of type memory"
	default:
		text = fmt.Sprintf("%d events were deleted from the stream %s, which every process with it shares", deleted, visible(file.Queue.Stream))
	}
	for _, p := range boxes {
		text += "\n" + p.text()
	}
	_, err = fmt.Fprintln(a.out, text)
	return err
}

// purged is what "headgate telemetry purge" prints.
type purged struct {
	// Deleted counts everything, also what was in outboxes.
	Deleted  uint64         `json:"deleted"`
	Outboxes []outboxPurged `json:"outboxes,omitempty"`
}
