package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/core"
)

// statusTimeout bounds the question to the daemon, which is answered from memory.
const statusTimeout = 5 * time.Second

func newStatus(a *app) *cobra.Command {
	var admin string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the books of the running daemon",
		Long: `Asks the daemon at its admin address whether tracking is on, who turned it off,
what became of the events it received, and how every sink fares.`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if admin == "" {
				var err error
				if admin, err = a.adminAddress(); err != nil {
					return err
				}
			}
			raw, err := fetchStatus(cmd.Context(), admin)
			if err != nil {
				return err
			}
			var s core.Stats
			if err := json.Unmarshal(raw, &s); err != nil {
				return fmt.Errorf("read the status of the daemon: it is not what this version of headgate understands: %w", err)
			}
			if a.json {
				_, err = fmt.Fprintf(a.out, "%s\n", strings.TrimSpace(string(raw)))
			} else {
				err = a.printStats(s)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&admin, "admin", "", "`ADDR` or URL of the daemon's admin listener (default: admin.listen of the configuration)")
	return a.takesJSON(cmd)
}

func fetchStatus(ctx context.Context, admin string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	status, raw, err := askDaemon(ctx, admin, http.MethodGet, "/v1/status", nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("ask %s for the status of a daemon: it answers %d", admin, status)
	}
	return raw, err
}
