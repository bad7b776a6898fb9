// Package suite runs the comparison: it builds the subjects, starts each of them, a sink and a load in processes of
// their own, and interleaves the runs, so that all subjects of a table meet the same machine.
package suite

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/headgate-dev/headgate/bench/internal/board"
	"github.com/headgate-dev/headgate/bench/internal/report"
)

// Bench is where the comparison runs.
type Bench struct {
	// Root is the directory of this module, and Bin where its programs are built.
	Root, Bin string
	// Scratch is a directory on the disk that durable subjects use.
	Scratch string
	// Runs is how often every row is measured, First how often it was before, and Scale what its number of events is
	// multiplied by.
	Runs, First int
	Scale       float64
	// Profiles is a directory for profiles of subjects in process, none if empty.
	Profiles string
	// Log is told how it goes.
	Log io.Writer

	self   string
	round  int                                    // the run that is being made
	judged map[[sha256.Size]byte]map[string]score // by what scrubbers gave back
}

// run is one run of a row: the sink, the board and the directory it has.
type run struct {
	*Bench
	label  string
	events int
	dir    string
	board  *board.Board
	path   string // of the board
	sink   *sink
}

// start makes what a run of so many events needs. stop ends it.
func (b *Bench) start(ctx context.Context, label string, events int) (*run, error) {
	r := &run{Bench: b, label: label, events: events}
	var err error
	if r.dir, err = os.MkdirTemp(b.Scratch, "run-"); err != nil {
		return nil, err
	}
	r.path = filepath.Join(r.dir, "board")
	if err := board.Create(r.path); err != nil {
		return nil, err
	}
	if r.board, err = board.Open(r.path); err != nil {
		return nil, err
	}
	if r.sink, err = r.startSink(ctx); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

func (r *run) stop() {
	if r.sink != nil {
		r.sink.stop()
	}
	if err := os.RemoveAll(r.dir); err != nil {
		r.logf("%v\n", err)
	}
}

// mkdir makes a directory of the run.
func (r *run) mkdir(name string) (string, error) {
	dir := filepath.Join(r.dir, name)
	return dir, os.Mkdir(dir, 0o700)
}

func (b *Bench) logf(format string, args ...any) { fmt.Fprintf(b.Log, format, args...) }

// scaled returns a number of events, in hundreds.
func (b *Bench) scaled(events int) int {
	return max(int(float64(events)*b.Scale)/1000*1000, 1000)
}

// profile returns the file for the profile of a run, if profiles are wanted.
func (b *Bench) profile(label string) string {
	if b.Profiles == "" || b.round > 0 {
		return ""
	}
	name := strings.Join(strings.FieldsFunc(label, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "-")
	return filepath.Join(b.Profiles, name+".pprof")
}

// Measure measures a table.
func (b *Bench) Measure(ctx context.Context, t Table) (report.Table, error) {
	self, err := os.Executable()
	if err != nil {
		return report.Table{}, err
	}
	b.self = self
	rows := make([]report.Row, len(t.Rows))
	for i, row := range t.Rows {
		rows[i].Label = row.Label
	}
	runs := b.Runs
	if t.Runs > 0 {
		runs = min(runs, t.Runs)
	}
	watch, err := b.watch()
	if err != nil {
		return report.Table{}, err
	}
	for b.round = b.First; b.round < b.First+runs; b.round++ {
		for k := range t.Rows {
			i := (k + b.round) % len(t.Rows) // so that nobody always comes behind the same
			if t.Rows[i].Once && b.round > 0 {
				continue
			}
			figures, err := t.Rows[i].Run(ctx, b, t.Name+" "+t.Rows[i].Label)
			if ctx.Err() != nil {
				return report.Table{}, ctx.Err()
			}
			one := report.Run{Figures: figures}
			if err != nil {
				one.Void = err.Error()
			}
			rows[i].Runs = append(rows[i].Runs, one)
			b.logf("%s %d/%d %-28s %s\n", t.Name, b.round+1, b.First+runs, t.Rows[i].Label, brief(one, t.Columns))
		}
	}
	for i, row := range t.Rows {
		if row.Program != "" {
			rows[i].Version = version(b.program(row.Program), row.Module)
		}
	}
	env, err := watch.environment()
	return report.Table{Name: t.Name, Environment: env, Rows: rows}, err
}

// brief is a run in a line.
func brief(r report.Run, columns []report.Column) string {
	if r.Void != "" {
		return "void: " + r.Void
	}
	return report.Table{Rows: []report.Row{{Runs: []report.Run{r}}}}.Line(columns)
}

// program returns the file of a program that build has built.
func (b *Bench) program(name string) string { return filepath.Join(b.Bin, name) }

// Build builds what tables need.
func (b *Bench) Build(ctx context.Context, tables []Table) error {
	seen := map[string]bool{}
	for _, t := range tables {
		for _, name := range t.Helpers {
			if err := b.build(ctx, name); err != nil {
				return err
			}
		}
		for _, row := range t.Rows {
			if row.Program == "" || seen[row.Program] {
				continue
			}
			seen[row.Program] = true
			if err := b.build(ctx, row.Program); err != nil {
				return err
			}
		}
	}
	return nil
}

// build builds one program: of this module, of a module of its own, or headgate itself.
func (b *Bench) build(ctx context.Context, name string) error {
	if _, script := scripts[name]; script {
		return b.buildScript(ctx, name)
	}
	start := time.Now()
	dir, target, env := b.Root, "./"+name, os.Environ()
	switch {
	case name == "daemon/headgate":
		dir, target, env = filepath.Dir(b.Root), "./cmd/headgate", append(env, "CGO_ENABLED=0")
	case name == referee:
		dir, target = filepath.Dir(b.Root), "./core/sanitize/internal/referee"
	case name == floorDaemon.program: // of this module
	case strings.HasPrefix(name, "daemon/"), name == "scrub/trufflehog", name == "engine/otelqueue":
		dir, target, env = filepath.Join(b.Root, name), ".", append(env, "GOWORK=off")
	case strings.HasPrefix(name, "scrub/"):
		dir, target, env = filepath.Join(b.Root, "scrub"), "./"+filepath.Base(name), append(env, "GOWORK=off")
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.program(name), target)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, env, b.Log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s: %w", name, err)
	}
	b.logf("built %s in %s\n", name, time.Since(start).Round(time.Second))
	return nil
}
