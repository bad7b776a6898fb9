package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/registry"
)

func newInit(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "init [SINK …]",
		Short: "Print a commented configuration to start from",
		Long: `Prints a sinks.yaml with the sinks that are named, each as TYPE or NAME=TYPE, and
what else each of them takes as comments. Without a name, events go to the log.
With --output it is written to a file, which must not be there yet.`,
		Example: `  headgate init ga4 warehouse > sinks.yaml
  headgate init us=mixpanel eu=mixpanel --output sinks.yaml`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return registry.Default.Types(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := config.Starter(nil, args)
			if err != nil {
				return usageError{err}
			}
			if output == "" {
				_, err := io.WriteString(a.out, text)
				return err
			}
			return a.writeNew(output, text)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write `FILE` instead of standard output")
	return cmd
}

// writeNew writes a file that holds, or will hold, secrets.
func (a *app) writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already, and is left as it is", path)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err == nil && !a.quiet {
		fmt.Fprintf(a.err, "wrote %s; check it with \"headgate validate --config %s\"\n", visible(path), visible(path))
	}
	return err
}
