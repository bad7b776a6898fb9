package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core/consent"
)

func newTelemetry(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "telemetry on|off|show|purge",
		Short: "Choose whether programs on this machine may report what you do",
		Long: `The choice is yours as the person at the keyboard: it is stored in your user
config directory. "off" counts exactly as DO_NOT_TRACK=1 does. "on" takes an
earlier "off" back; it overrules no other way of opting out.`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef("say what to do: on, off, show or purge")
		},
	}
	cmd.AddCommand(
		a.takesJSON(&cobra.Command{
			Use: "on", Short: "Take back an earlier off", Args: arguments(cobra.NoArgs),
			RunE: func(*cobra.Command, []string) error { return a.choose(true) },
		}),
		a.takesJSON(&cobra.Command{
			Use: "off", Short: "Turn tracking off", Args: arguments(cobra.NoArgs),
			RunE: func(*cobra.Command, []string) error { return a.choose(false) },
		}),
		a.takesJSON(&cobra.Command{
			Use: "show", Short: "Say whether tracking is on, and who turned it off", Args: arguments(cobra.NoArgs),
			RunE: func(*cobra.Command, []string) error { return a.showTelemetry() },
		}),
		a.takesJSON(&cobra.Command{
			Use: "purge", Short: "Delete what is queued on disk or in a stream", Args: arguments(cobra.NoArgs),
			RunE: func(cmd *cobra.Command, _ []string) error { return a.purge(cmd.Context()) },
		}),
	)
	return cmd
}

// choose stores the choice, then shows what it amounts to. A configuration that is
// not valid does not keep anybody from choosing.
func (a *app) choose(on bool) error {
	if err := consent.WriteChoice("", on); err != nil {
		return err
	}
	if err := a.showTelemetry(); err != nil && !errors.Is(err, errInvalid) {
		return err
	}
	return nil
}

// purge deletes what is queued on disk.
func (a *app) purge(ctx context.Context) error {
	file, err := a.load(config.Options{Tolerant: true})
	if err != nil {
		return err
	}
	deleted, err := file.Purge(ctx)
	if err != nil && file.Queue.Type == "disk" {
		err = fmt.Errorf("%w; stop the process that uses it first", err)
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]uint64{"deleted": deleted})
	}
	text := fmt.Sprintf("%d events were deleted from %s", deleted, file.Queue.Dir)
	switch file.Queue.Type {
	case "disk":
	case "memory":
		text = "nothing is queued on disk: the queue is of type memory"
	default:
		text = fmt.Sprintf("%d events were deleted from the stream %s, which every process with it shares", deleted, visible(file.Queue.Stream))
	}
	_, err = fmt.Fprintln(a.out, text)
	return err
}

// telemetryState is what "headgate telemetry show" prints.
type telemetryState struct {
	// Tracking is whether events would be taken.
	Tracking bool `json:"tracking"`
	// Local is whether they would stay on this machine.
	Local bool `json:"local"`
	// Sources name everything that turns tracking off.
	Sources []string `json:"sources"`
	// Choice is "on", "off" or "" when the person has not chosen.
	Choice string     `json:"choice"`
	Since  *time.Time `json:"since,omitempty"`
	// Directory is where the choice is stored.
	Directory string `json:"directory"`
}

func (a *app) showTelemetry() error {
	file, err := a.load(config.Options{Tolerant: true})
	if err != nil {
		return err
	}
	gate := consent.Resolve(a.consentSettings(file))
	s := telemetryState{Tracking: !gate.Off(), Local: gate.Local(), Sources: gate.Sources()}
	if s.Directory, err = consent.DefaultStateDir(); err != nil {
		s.Directory = ""
	}
	if choice, err := consent.ReadChoice(""); err == nil && choice.Made {
		s.Choice, s.Since = "off", &choice.Since
		if choice.On {
			s.Choice = "on"
		}
	}
	if a.json {
		return a.printJSON(s)
	}
	_, err = fmt.Fprint(a.out, visibleLines(s.text()))
	return err
}

func (s telemetryState) text() string {
	var b strings.Builder
	switch {
	case s.Tracking && s.Local:
		b.WriteString("tracking is on, and nothing leaves this machine (mode: local)\n")
	case s.Tracking:
		b.WriteString("tracking is on\n")
	default:
		b.WriteString("tracking is off, turned off by:\n")
		for _, source := range s.Sources {
			fmt.Fprintf(&b, "  %s\n", source)
		}
	}
	switch {
	case s.Choice == "":
		fmt.Fprintf(&b, "no choice is stored in %s\n", s.Directory)
	default:
		fmt.Fprintf(&b, "your choice: %s, since %s, in %s\n", s.Choice, s.Since.Local().Format(time.DateTime), s.Directory)
	}
	return b.String()
}
