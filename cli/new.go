package cli

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/cli/internal/custombuild"
	"github.com/headgate-dev/headgate/cli/internal/scaffold"
)

func newNew(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Start something of your own",
		Args:  noSuchCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newNewSink(a))
	return cmd
}

// unreleased stands for a version where there is none to name.
const unreleased = "v0.0.0"

func newNewSink(a *app) *cobra.Command {
	var s scaffold.Sink
	cmd := &cobra.Command{
		Use:   "sink NAME",
		Short: "Write the module of a new sink",
		Long: `Writes a module with a sink that posts JSON, its conformance test, a README and a
configuration. It works as it is: change what it sends, and how, and keep the test
passing. Nothing is overwritten.`,
		Example: `  headgate new sink clickhouse --module example.com/headgate-clickhouse
  cd headgate-clickhouse && go mod tidy && go test ./...`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name the sink, such as headgate new sink clickhouse")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			s.Name, s.Version = args[0], cmp.Or(release(), unreleased)
			files, err := s.Write()
			if err != nil {
				return usageError{err}
			}
			slices.Sort(files)
			for _, path := range files {
				if _, err := fmt.Fprintln(a.out, visible(path)); err != nil {
					return err
				}
			}
			if s.Version == unreleased && s.Headgate == "" && !a.quiet {
				fmt.Fprintf(a.err, "this headgate is no release: go.mod has to say which one is meant: go get %s@VERSION, or make the module with --headgate DIR to use the source in DIR\n", custombuild.Headgate)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&s.Module, "module", "", "`PATH` of the module (default example.com/headgate-NAME)")
	cmd.Flags().StringVar(&s.Dir, "dir", "", "`DIR` to write (default headgate-NAME)")
	cmd.Flags().StringVar(&s.Headgate, "headgate", "", "use headgate's source in `DIR` in place of a release")
	return cmd
}
