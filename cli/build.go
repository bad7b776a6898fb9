package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/cli/internal/custombuild"
	"github.com/headgate-dev/headgate/config"
)

// buildFlags are those of "headgate build".
type buildFlags struct {
	with     []string
	output   string
	onlyFrom string
	dryRun   bool
}

func newBuild(a *app) *cobra.Command {
	var flags buildFlags
	cmd := &cobra.Command{
		Use:   "build --with MODULE[@VERSION][=PATH] …",
		Short: "Build a headgate with further sinks in it",
		Long: `Writes a program that imports headgate and the modules that are named, and has the go
command build it; Go has to be installed. With =PATH a module is taken from a
directory, headgate itself too: --with ` + custombuild.Headgate + `=../headgate.

With --only-from the program has only those sinks, drivers and queues that the file
uses, and so is smaller: without the drivers of cloud warehouses a fifth of the size.`,
		Example: `  headgate build --with example.com/headgate-clickhouse@v1.2.0
  headgate build --with example.com/headgate-mysink=. --output ./headgate
  headgate build --only-from sinks.yaml --output headgate-small`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := flags.plan()
			if err != nil {
				return usageError{err}
			}
			if flags.dryRun {
				files := plan.Files()
				_, err := fmt.Fprintf(a.out, "-- go.mod --\n%s-- main.go --\n%s", files["go.mod"], files["main.go"])
				return err
			}
			plan.Log = a.err
			if err := plan.Build(cmd.Context()); err != nil {
				return err
			}
			if !a.quiet {
				fmt.Fprintf(a.err, "built %s\n", visible(plan.Output))
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&flags.with, "with", nil, "link `MODULE[@VERSION][=PATH]`; may be repeated")
	cmd.Flags().StringVarP(&flags.output, "output", "o", "headgate", "write the program to `FILE`")
	cmd.Flags().StringVar(&flags.onlyFrom, "only-from", "", "link only what the configuration `FILE` uses")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "print the program instead of building it")
	return cmd
}

func (f *buildFlags) plan() (*custombuild.Plan, error) {
	if len(f.with) == 0 && f.onlyFrom == "" {
		return nil, fmt.Errorf("name what to build: --with MODULE, or --only-from FILE")
	}
	plan := &custombuild.Plan{Output: f.output, Metrics: true, Packages: []string{custombuild.Headgate + "/sinks/all"}}
	headgateGiven := false
	for _, text := range f.with {
		m, err := custombuild.ParseModule(text)
		if err != nil {
			return nil, fmt.Errorf("--with %w", err)
		}
		headgateGiven = headgateGiven || m.Package == custombuild.Headgate
		plan.With = append(plan.With, m)
	}
	if f.onlyFrom != "" {
		uses, err := config.FindUses(f.onlyFrom)
		if err != nil {
			return nil, err
		}
		plan.Metrics = uses.Prometheus
		plan.Packages = uses.Packages()
	}
	if plan.Version = release(); plan.Version == "" && !headgateGiven {
		return nil, fmt.Errorf("this headgate is no release, so say which to build with: --with %s=PATH, or --with %s@VERSION", custombuild.Headgate, custombuild.Headgate)
	}
	return plan, nil
}

// release returns the version of this program if the go command can fetch it, else "".
func release() string {
	if v := thisBuild().Version; strings.HasPrefix(v, "v") && !strings.Contains(v, "+") {
		return v
	}
	return ""
}
