package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
)

func newSchema(a *app) *cobra.Command {
	return a.takesJSON(&cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of sinks.yaml",
		Long: `Prints the JSON Schema (draft-07) of sinks.yaml with every sink type compiled in,
for editors that complete and check YAML. A first line of the file such as

  # yaml-language-server: $schema=./sinks.schema.json

makes them use it.`,
		Example: `  headgate schema > sinks.schema.json`,
		Args:    arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			schema, err := config.Schema(nil)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s\n", schema)
			return err
		},
	})
}
