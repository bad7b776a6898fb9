// Package cli is the headgate command as a library. A program that links further
// sinks is a list of imports and a call of [Main]:
//
//	package main
//
//	import (
//		"os"
//
//		"github.com/headgate-dev/headgate/cli"
//		"github.com/headgate-dev/headgate/metrics/selfmetrics"
//
//		_ "example.org/headgate-mysink"
//		_ "github.com/headgate-dev/headgate/sinks/all"
//	)
//
//	func main() { os.Exit(cli.Main(selfmetrics.Serve())) }
//
// Results go to standard output, everything else to standard error. The exit status
// is 0 on success, 1 when what was asked for failed, and 2 on wrong usage or an
// invalid configuration.
package cli

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
)

// Main runs the command line of this process and returns its exit status.
func Main(opts ...Option) int {
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, lookup: os.LookupEnv}
	for _, opt := range opts {
		opt(a)
	}
	return a.main(context.Background(), os.Args[1:])
}

// app is what the commands share: the streams, the environment and the flags that
// every command takes.
type app struct {
	in       io.Reader
	out, err io.Writer
	lookup   func(key string) (string, bool)

	metrics func(MetricsEnv) (Metrics, error) // nil: the program has none

	configFlag string
	quiet      bool
	json       bool
}

func (a *app) main(ctx context.Context, args []string) int {
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	return a.exit(root.ExecuteContextC(ctx))
}

// logger writes what is worth knowing, but no result, to standard error. The text
// form escapes control characters.
func (a *app) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: a.level()}))
}

func (a *app) level() slog.Level {
	if a.quiet {
		return slog.LevelError
	}
	return slog.LevelInfo
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "headgate",
		Short: "Take events once, clean them, and fan them out to every sink",
		Long: `Headgate takes events, asks whether they may be tracked at all, cleans them of
secrets and personal data, and fans them out to log files, vendors and HTTP
endpoints as one file, sinks.yaml, says.`,
		Example: `  headgate send signup plan=pro seats=3
  headgate run --config sinks.yaml
  headgate status`,
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(wrongFlag)
	root.SetHelpCommand(newHelp())
	root.CompletionOptions.DisableDefaultCmd = true
	flags := root.PersistentFlags()
	flags.StringVarP(&a.configFlag, "config", "c", "", "configuration `FILE` (default sinks.yaml, then $"+configVariable+")")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "report errors only")

	root.AddCommand(
		newRun(a), newSend(a), newPreview(a), newValidate(a), newStatus(a), newDeadLetter(a), newQueue(a), newTelemetry(a), newForget(a), newHashKey(a),
		newSinks(a), newSchema(a), newInit(a), newTest(a), newNew(a), newBuild(a), newSanitize(a), newVersion(a), newCompletion(a),
	)
	return root
}

// takesJSON adds the flag --json to a command that prints results.
func (a *app) takesJSON(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&a.json, "json", false, "print the result as JSON")
	return cmd
}
