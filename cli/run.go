package cli

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
)

// runFlags are the flags of "headgate run".
type runFlags struct{ listen, admin, ready, format string }

func newRun(a *app) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the daemon: events in over HTTP, out to every sink",
		Long: `Takes events at server.listen and delivers them to the sinks of the configuration;
health and status are at admin.listen. Without a configuration the log sink alone
is used.

SIGTERM and SIGINT stop it: it takes no more events, delivers what it can within
shutdown_timeout, and exits with 0; what could not be delivered is logged and
counted. A second signal ends it at once, with 1.

SIGHUP, and POST /v1/reload at admin.listen, read the configuration again. It is
changed to all or nothing: a file that is missing or invalid is logged, and changes
nothing. Sinks that stay the same go on undisturbed; one that is changed takes what it has
not finished along. The queue, the addresses and the certificate's place need a restart.`,
		Example: `  headgate run --config sinks.yaml
  headgate run --listen 127.0.0.1:0 --ready-file /run/headgate/ready.json`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runDaemon(cmd.Context(), f) },
	}
	cmd.Flags().StringVar(&f.listen, "listen", "", "take events at `ADDR` instead of server.listen; port 0 has one chosen")
	cmd.Flags().StringVar(&f.admin, "admin-listen", "", "listen for operators at `ADDR` instead of admin.listen")
	cmd.Flags().StringVar(&f.ready, "ready-file", "", "write the chosen addresses to `FILE`, as JSON, once ready")
	cmd.Flags().StringVar(&f.format, "log-format", "text", "write logs in this `FORMAT`, text or json")
	return cmd
}

func (a *app) runDaemon(ctx context.Context, f runFlags) error {
	logger := a.logger()
	switch f.format {
	case "text":
	case "json":
		logger = slog.New(slog.NewJSONHandler(a.err, &slog.HandlerOptions{Level: a.level()}))
	default:
		return usagef("--log-format is %q; want text or json", f.format)
	}
	file, err := a.load(config.Options{Logger: logger})
	if err != nil {
		return err
	}
	f.override(file)
	s := notify()
	defer s.stop()
	if f.ready != "" {
		if err := removeReady(f.ready); err != nil {
			return err
		}
		defer func() {
			if err := removeReady(f.ready); err != nil {
				logger.Warn("the ready file stays", "error", err)
			}
		}()
	}
	d, err := newDaemon(a, file, a.reader(f, file.Path, logger), logger)
	if err != nil {
		return err
	}
	if err := d.start(ctx); err != nil {
		return errors.Join(err, d.stop(ctx))
	}
	if f.ready != "" {
		r := readiness{Listen: d.server.URL(), Admin: d.admin.URL(), PID: os.Getpid()}
		if err := r.write(f.ready); err != nil {
			return errors.Join(err, d.stop(ctx))
		}
	}
	d.announce()
	return d.serve(ctx, s)
}

// reader returns what reads the configuration again: the file at path, or if there was
// none, what is found by now.
func (a *app) reader(f runFlags, path string, logger *slog.Logger) func() (*config.File, error) {
	return func() (*config.File, error) {
		file, problems := config.LoadFile(cmp.Or(path, a.configPath()), config.Options{LookupEnv: a.lookup, Logger: logger})
		if len(problems) > 0 {
			return nil, problems
		}
		f.override(file)
		return file, nil
	}
}

// override puts addresses of the command line in the place of the configuration's.
func (f runFlags) override(file *config.File) {
	if f.listen != "" {
		file.Server.Listen = f.listen
	}
	if f.admin != "" {
		file.Admin.Listen = f.admin
	}
}
