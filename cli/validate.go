package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/server"
)

// validation is what "headgate validate" prints.
type validation struct {
	File     string          `json:"file"`
	Valid    bool            `json:"valid"`
	Problems config.Problems `json:"problems"`
	Warnings config.Problems `json:"warnings"`
	// Sinks say whether they would work, with --connect.
	Sinks []connection `json:"sinks,omitempty"`
}

// connection is what became of an attempt to reach a sink's destination.
type connection struct {
	Sink string `json:"sink"`
	Type string `json:"type"`
	// Status is "ok", "failed", or "unchecked" when the sink has nothing to check.
	Status string `json:"status"`
	Error  string `json:"error,omitempty"`
}

func newValidate(a *app) *cobra.Command {
	var connect, noEnv bool
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check the configuration",
		Long: `Prints every problem of the configuration on its own line, with file, line and
column; warnings go to standard error. The exit status is 2 if there is a problem.

--connect also asks every sink whether its destination can be reached and, where
that can be tried without sending an event, whether its credentials are accepted;
the exit status is 1 if not. The credentials of the other sinks are tried with the
first event: "ok" says of them that they can be reached.`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return usagef("name the file with --config %s", args[0])
			case connect && noEnv:
				return usagef("--connect needs the values that --no-env does without")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := a.configPath()
			if path == "" {
				return configError{fmt.Errorf("there is no %s here to validate; name a file with --config or $%s, or make one with headgate init", config.DefaultPath, configVariable)}
			}
			file, problems := config.LoadFile(path, config.Options{LookupEnv: a.lookup, Tolerant: noEnv, Logger: a.logger()})
			if file != nil && !noEnv {
				problems = append(file.Try(cmd.Context()), listenerProblems(cmd.Context(), file)...)
			}
			v := validation{File: path, Valid: len(problems) == 0, Problems: problems}
			if file != nil {
				v.Warnings = file.Warnings
			}
			if v.Valid && connect {
				if gate := consent.Resolve(a.consentSettings(file)); gate.Off() {
					return fmt.Errorf("tracking is off, turned off by %s, so no sink is connected to", strings.Join(gate.Sources(), ", "))
				}
				v.Sinks = append(checkQueue(cmd.Context(), file), checkSinks(cmd.Context(), file)...)
			}
			return a.printValidation(v)
		},
	}
	cmd.Flags().BoolVar(&connect, "connect", false, "also check each sink's credentials and reachability")
	cmd.Flags().BoolVar(&noEnv, "no-env", false, "accept references to variables and files that are not here, such as secrets")
	return a.takesJSON(cmd)
}

// listenerProblems finds what only the listeners find, such as an address that others
// can reach without a key. Nothing listens.
func listenerProblems(ctx context.Context, file *config.File) (problems config.Problems) {
	front, err := server.New(serverOptions(file, idle{}, nil))
	if err == nil {
		err = front.Shutdown(ctx)
	}
	_, adminErr := server.NewAdmin(server.AdminOptions{
		Listen: file.Admin.Listen,
		Status: func() core.Stats { return core.Stats{} }, Ready: func() bool { return false },
	})
	for _, err := range leaves(errors.Join(err, adminErr)) {
		problems = append(problems, config.Problem{File: file.Path, Message: err.Error()})
	}
	return problems
}

// idle is a gate that nothing goes through.
type idle struct{}

func (idle) Offer(context.Context, core.Event) (core.Verdict, error) {
	return core.Rejected, core.ErrClosed
}
func (idle) Tracking() bool { return false }

// leaves returns joined errors one by one.
func leaves(err error) (all []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	switch {
	case err == nil:
		return nil
	case !ok:
		return []error{err}
	}
	for _, err := range joined.Unwrap() {
		all = append(all, leaves(err)...)
	}
	return all
}

func (a *app) printValidation(v validation) error {
	var err error
	if a.json {
		v.Problems, v.Warnings = noneForNil(v.Problems), noneForNil(v.Warnings)
		err = a.printJSON(v)
	} else {
		printProblems(a.err, "warning: ", v.Warnings)
		printProblems(a.out, "", v.Problems)
		if v.Valid {
			_, err = io.WriteString(a.out, visible(v.File)+" is valid\n")
		}
		if err == nil && len(v.Sinks) > 0 {
			_, err = io.WriteString(a.out, a.connectionTable(v.Sinks))
		}
	}
	switch {
	case err != nil:
		return err
	case !v.Valid:
		return errInvalid
	}
	for _, c := range v.Sinks {
		if c.Status == "failed" {
			return errFailed
		}
	}
	return nil
}

func noneForNil(p config.Problems) config.Problems {
	if p == nil {
		return config.Problems{}
	}
	return p
}

func (a *app) connectionTable(connections []connection) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range connections {
		text := map[string]string{
			"ok":        a.colour(a.out, green, "ok"),
			"failed":    a.colour(a.out, red, "failed") + ": " + visible(c.Error),
			"unchecked": "nothing to connect to",
		}[c.Status]
		fmt.Fprintf(w, "%s\t%s\n", visible(c.Sink), text)
	}
	_ = w.Flush() // to memory
	return b.String()
}

// checkQueue asks the servers of a queue that is elsewhere, of which nothing is said otherwise.
func checkQueue(ctx context.Context, file *config.File) []connection {
	elsewhere, err := file.ReachQueue(ctx)
	switch {
	case !elsewhere:
		return nil
	case err != nil:
		return []connection{{Sink: "(queue)", Type: file.Queue.Type, Status: "failed", Error: err.Error()}}
	}
	return []connection{{Sink: "(queue)", Type: file.Queue.Type, Status: "ok"}}
}

// checkSinks asks every sink whether it would work, all at once.
func checkSinks(ctx context.Context, file *config.File) []connection {
	var checks sync.WaitGroup
	cfg := file.Core()
	sinks, known := cfg.Sinks, core.NewCredentials(cfg.Credentials...)
	results := make([]connection, len(sinks))
	for i, s := range sinks {
		checks.Go(func() {
			results[i] = checkSink(ctx, s)
			results[i].Error = known.Redact(results[i].Error)
		})
	}
	checks.Wait()
	return results
}

// checkSink opens a sink and lets it try its destination.
func checkSink(ctx context.Context, s core.SinkConfig) (c connection) {
	c = connection{Sink: s.Name, Type: s.Type, Status: "failed"}
	defer func() {
		if r := recover(); r != nil {
			c.Status, c.Error = "failed", fmt.Sprintf("the sink panicked with a %T", r)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(s.Timeout, 10*time.Second))
	defer cancel()
	sink, err := s.Open()
	if err == nil {
		defer sink.Close(ctx)
		checker, ok := sink.(core.Checker)
		if !ok {
			c.Status = "unchecked"
			return c
		}
		err = checker.Check(ctx)
	}
	if err != nil {
		c.Error = err.Error()
		return c
	}
	c.Status = "ok"
	return c
}
