package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/core"
)

func newHashKey(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hashkey new|rotate|list FILE",
		Short: "Make, rotate and list the keys of pseudonyms",
		Long: `A pseudonym is an HMAC, made with a key that nobody else has. privacy.hash_key_file names a
file of such keys, for its owner alone: the first is in use; the others are for
"headgate forget", which finds with them what was sealed before. No other command makes one.`,
		Example: `  headgate hashkey new /etc/headgate/hash.keys
  headgate hashkey rotate /etc/headgate/hash.keys`,
		Args: noSuchCommand,
		RunE: func(*cobra.Command, []string) error { return usagef("say what to do: new, rotate or list") },
	}
	add := func(use, short string, rotate bool) {
		cmd.AddCommand(a.takesJSON(&cobra.Command{
			Use: use + " FILE", Short: short, Args: arguments(cobra.ExactArgs(1)),
			RunE: func(_ *cobra.Command, args []string) error {
				key, err := core.AddHashKey(args[0], rotate)
				if err != nil {
					return err
				}
				return a.printHashKeys([]core.HashKey{key})
			},
		}))
	}
	add("new", "Make a file with a random key", false)
	add("rotate", "Put a random key before those of a file", true)
	cmd.AddCommand(a.takesJSON(&cobra.Command{
		Use: "list FILE", Short: "Print the ids of the keys of a file, the one in use first", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			keys, err := core.ReadHashKeys(args[0])
			if err != nil {
				return err
			}
			return a.printHashKeys(keys)
		},
	}))
	return cmd
}

// printHashKeys prints what tells keys apart, and nothing of the keys.
func (a *app) printHashKeys(keys []core.HashKey) error {
	for _, key := range keys {
		var err error
		if a.json {
			err = a.printLine(map[string]any{"id": key.ID, "created": key.Created})
		} else {
			_, err = fmt.Fprintf(a.out, "%s  made %s\n", key.ID, key.Created.Format(time.RFC3339))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
