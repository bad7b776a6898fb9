package cli

import (
	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/internal/spelling"
)

func newCompletion(a *app) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the completion script for a shell",
		Example: `  source <(headgate completion bash)
  headgate completion zsh > "${fpath[1]}/_headgate"`,
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name one shell: bash, zsh, fish or powershell")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.out, true)
			case "zsh":
				return root.GenZshCompletion(a.out)
			case "fish":
				return root.GenFishCompletion(a.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.out)
			}
			return usagef("unknown shell %q%s", args[0], didYouMean(only(spelling.Nearest(args[0], shells))))
		},
	}
}

// only returns a list of one name, or of none for "".
func only(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}
