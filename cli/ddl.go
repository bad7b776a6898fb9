package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// tableFlags say which table the statements are wanted for.
type tableFlags struct{ driver, table, retention string }

func (f *tableFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.driver, "ddl", "", "with warehouse: print the statements that make the table for this `DRIVER`")
	cmd.Flags().StringVar(&f.table, "table", "", "with --ddl: the `NAME` of the table (default "+warehouse.DefaultTable+")")
	cmd.Flags().StringVar(&f.retention, "retention", "", "with --ddl: how long rows are kept, a `TIME` such as 90d, where the table says so")
	_ = cmd.RegisterFlagCompletionFunc("ddl", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return driverNames(), cobra.ShellCompDirectiveNoFileComp
	})
}

func (f *tableFlags) given() bool { return *f != tableFlags{} }

func driverNames() (names []string) {
	for _, d := range warehouse.Drivers() {
		names = append(names, d.Name)
	}
	return names
}

// driversHere ends the text of an error with the drivers that there are.
func driversHere() string {
	if names := driverNames(); len(names) > 0 {
		return "; this program has the drivers " + strings.Join(names, ", ")
	}
	return "; this program has no driver"
}

// printDDL prints the statements that a driver of the warehouse sink would execute to make
// its table, for somebody who has the right to.
func (a *app) printDDL(f tableFlags, args []string) error {
	switch {
	case len(args) != 1 || args[0] != "warehouse":
		return usagef("--ddl, --table and --retention are for headgate sinks warehouse")
	case f.driver == "":
		return usagef("name the driver with --ddl%s", driversHere())
	}
	statements, err := warehouse.DDL(f.driver, f.table, f.retention)
	if err != nil {
		return usagef("%w%s", err, driversHere())
	}
	if a.json {
		return a.printJSON(struct {
			Driver     string   `json:"driver"`
			Statements []string `json:"statements"`
		}{f.driver, statements})
	}
	_, err = fmt.Fprintln(a.out, strings.Join(statements, ";\n\n")+";")
	return err
}
