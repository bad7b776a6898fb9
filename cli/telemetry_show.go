package cli

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/outbox"
)

// telemetryState is what "headgate telemetry show" prints.
type telemetryState struct {
	// Tracking is whether events would be taken.
	Tracking bool `json:"tracking"`
	// Mode is "on", "local" or "off", as the configuration says.
	Mode string `json:"mode"`
	// Local is whether they would stay on this machine.
	Local bool `json:"local"`
	// Sources name everything that turns tracking off.
	Sources []string `json:"sources"`
	// Choice is "on", "off" or "" when the person has not chosen.
	Choice string     `json:"choice"`
	Since  *time.Time `json:"since,omitempty"`
	// Directory is where the choice is stored.
	Directory string `json:"directory"`
	// CI is the continuous-integration service that this is, "" if none.
	CI string `json:"ci"`
	// RespectGPC and ConsentRequired are what the configuration says of events of a person.
	RespectGPC      bool `json:"respect_gpc"`
	ConsentRequired bool `json:"consent_required"`
	// Sanitize is what all sinks have in common.
	Sanitize string `json:"sanitize"`
	// Files are where something is kept.
	Files []telemetryFile `json:"files"`
	// Sinks say what each gets.
	Sinks []telemetrySink `json:"sinks"`
	// Daemon is what came of telling the daemon of a choice.
	Daemon string `json:"daemon,omitempty"`
	// Outboxes are those from which was deleted what waited there.
	Outboxes []outboxPurged `json:"outboxes,omitempty"`
	// Waits is where events may wait that nobody has discarded.
	Waits string `json:"waits,omitempty"`
}

// telemetryFile is a file or directory.
type telemetryFile struct {
	What   string `json:"what"`
	Path   string `json:"path"`
	Exists bool   `json:"exists"`
}

// telemetrySink is a sink, as far as it matters to people.
type telemetrySink struct {
	Sink     string   `json:"sink"`
	Type     string   `json:"type"`
	Reach    string   `json:"reach"`
	Purposes []string `json:"purposes"`
	// Policy is what the sink gets less than others.
	Policy string `json:"policy,omitempty"`
	// Nothing says why the sink gets nothing at all.
	Nothing string `json:"nothing,omitempty"`
}

func (a *app) showTelemetry() error {
	file, err := a.load(config.Options{Tolerant: true})
	if err != nil {
		return err
	}
	return a.printTelemetry(a.telemetryState(file))
}

func (a *app) printTelemetry(s telemetryState) error {
	if a.json {
		return a.printJSON(s)
	}
	_, err := fmt.Fprint(a.out, visibleLines(s.text()))
	return err
}

func (a *app) telemetryState(file *config.File) telemetryState {
	gate := consent.Resolve(a.consentSettings(file))
	s := telemetryState{
		Tracking: !gate.Off(), Mode: file.Mode, Local: gate.Local(), Sources: gate.Sources(),
		RespectGPC: file.Privacy.RespectGPC, ConsentRequired: file.ConsentRequired,
		Sanitize: file.Privacy.Sanitize + ", " + file.Privacy.Action, Sinks: []telemetrySink{},
	}
	s.CI, _ = consent.DetectCI(a.lookup)
	if dir, err := consent.DefaultStateDir(); err == nil {
		s.Directory = dir
	}
	if choice, err := consent.ReadChoice(""); err == nil && choice.Made {
		s.Choice, s.Since = "off", &choice.Since
		if choice.On {
			s.Choice = "on"
		}
	}
	cfg := file.Core()
	for _, sink := range cfg.Sinks {
		s.Sinks = append(s.Sinks, telemetrySinkOf(sink, gate))
	}
	s.Files = telemetryFiles(file, s.Directory)
	return s
}

func telemetrySinkOf(sink core.SinkConfig, gate consent.Gate) telemetrySink {
	t := telemetrySink{Sink: sink.Name, Type: sink.Type, Reach: sink.Reach.String(), Purposes: sink.Purposes, Policy: sink.Privacy.String()}
	if t.Purposes == nil {
		t.Purposes = []string{}
		if sink.Reach != core.ReachLocal {
			t.Purposes = []string{consent.Analytics}
		}
	}
	switch {
	case gate.Off():
		t.Nothing = "tracking is off"
	case gate.Local() && sink.Reach != core.ReachLocal:
		t.Nothing = "mode: local"
	}
	return t
}

// telemetryFiles returns where something is kept about the person or of the events.
func telemetryFiles(file *config.File, state string) (files []telemetryFile) {
	add := func(what, path string) {
		if path == "" {
			return
		}
		_, err := os.Lstat(path)
		files = append(files, telemetryFile{what, path, err == nil})
	}
	if state != "" {
		for _, f := range consent.StateFiles() {
			add(f.What, filepath.Join(state, f.Name))
		}
	}
	if file.Queue.Type == "disk" {
		add("queued events and dead letters", file.Queue.Dir)
	}
	if dir, err := outbox.DefaultDir(file.App.Name); err == nil {
		add("events of programs that end at once", dir)
	}
	add("keys of pseudonyms", file.Privacy.HashKeyFile)
	return files
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
	if s.Daemon != "" {
		fmt.Fprintf(&b, "the daemon that runs: %s\n", s.Daemon)
	}
	if s.Waits != "" {
		fmt.Fprintf(&b, "what is queued in %s is not sent while tracking is off; \"headgate telemetry purge\" deletes it\n", s.Waits)
	}
	for _, p := range s.Outboxes {
		fmt.Fprintln(&b, p.text())
	}
	if s.CI != "" {
		fmt.Fprintf(&b, "this is continuous integration: %s\n", s.CI)
	}
	fmt.Fprintf(&b, "Sec-GPC: 1 keeps events from third parties: %s; consent is required: %s; sanitiser: %s\n", yesNo(s.RespectGPC), yesNo(s.ConsentRequired), s.Sanitize)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nSINK\tTYPE\tREACH\tPURPOSES\tGETS")
	for _, sink := range s.Sinks {
		gets := cmp.Or(sink.Policy, "what was sealed")
		if sink.Nothing != "" {
			gets = "nothing: " + sink.Nothing
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", sink.Sink, sink.Type, sink.Reach, cmp.Or(strings.Join(sink.Purposes, ", "), "-"), gets)
	}
	fmt.Fprintln(w, "\nFILE\tTHERE\tHOLDS")
	for _, f := range s.Files {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Path, yesNo(f.Exists), f.What)
	}
	_ = w.Flush() // to memory
	return b.String()
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
