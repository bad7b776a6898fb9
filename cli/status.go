package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/core"
)

// statusTimeout bounds the question to the daemon, which is answered from memory.
const statusTimeout = 5 * time.Second

// maxStatus bounds the answer.
const maxStatus = 16 << 20

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

// statusURL returns where the status is, for an address as admin.listen has it, or a URL.
func statusURL(admin string) (string, error) {
	if !strings.Contains(admin, "://") {
		host, port, err := net.SplitHostPort(admin)
		if err != nil {
			return "", usagef("the admin address %q is not HOST:PORT", admin)
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			host = "127.0.0.1" // where a listener on all addresses can be reached
		}
		admin = "http://" + net.JoinHostPort(host, port)
	}
	u, err := url.Parse(admin)
	if err != nil || u.Host == "" {
		return "", usagef("the admin address is not a URL")
	}
	return u.JoinPath("/v1/status").String(), nil
}

func fetchStatus(ctx context.Context, admin string) ([]byte, error) {
	from, err := statusURL(admin)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{DisableKeepAlives: true} // and no proxy: the daemon is near
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		var refused *net.OpError
		if errors.As(err, &refused) && refused.Op == "dial" {
			return nil, fmt.Errorf("no daemon answers at %s: %w; is \"headgate run\" running, with this admin address?", req.URL.Host, err)
		}
		return nil, fmt.Errorf("ask the daemon at %s for its status: %w", req.URL.Host, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxStatus))
	if err != nil {
		return nil, fmt.Errorf("ask the daemon at %s for its status: %w", req.URL.Host, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask %s for the status of a daemon: it answers %s", req.URL.Host, resp.Status)
	}
	return raw, nil
}
