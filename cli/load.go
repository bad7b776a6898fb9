package cli

import (
	"cmp"
	"fmt"
	"io"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/sanitize"
)

// configVariable names the file when neither the command line nor the working directory does.
const configVariable = "HEADGATE_CONFIG"

// configPath returns the file to read, "" if there is none.
func (a *app) configPath() string { return config.Find(a.configFlag, a.lookup) }

// load reads the configuration, or the one that stands for having none. What is wrong
// with it goes to standard error.
func (a *app) load(opts config.Options) (*config.File, error) {
	opts.LookupEnv = a.lookup
	file, problems := config.LoadFile(a.configPath(), opts)
	if len(problems) > 0 {
		printProblems(a.err, "headgate: ", problems)
		return nil, errInvalid
	}
	if !a.quiet && !opts.Tolerant { // who is tolerant reads a few settings only
		printProblems(a.err, "headgate: warning: ", file.Warnings)
	}
	return file, nil
}

func printProblems(w io.Writer, prefix string, problems config.Problems) {
	for _, p := range problems {
		fmt.Fprintf(w, "%s%s\n", prefix, visible(p.String()))
	}
}

// adminAddress returns where the configuration has the daemon's admin listener.
func (a *app) adminAddress() (string, error) {
	file, err := a.load(config.Options{Tolerant: true}) // the address needs no secrets
	if err != nil {
		return "", err
	}
	return file.Admin.Listen, nil
}

// privacy returns the policy of the file that --config names, the standard policy if
// it names none.
func (a *app) privacy() (sanitize.Options, error) {
	if a.configFlag == "" {
		return sanitize.Options{}, nil
	}
	file, err := a.load(config.Options{})
	if err != nil {
		return sanitize.Options{}, err
	}
	return file.Core().Privacy, nil
}

// consentSettings returns what can turn tracking off under a configuration.
func (a *app) consentSettings(file *config.File) consent.Settings {
	return consent.Settings{
		AppName: file.App.Name, DoNotTrack: file.DoNotTrack, Mode: file.Mode,
		ConsentRequired: file.ConsentRequired, DisableInCI: file.DisableInCI, Lookup: a.lookup,
	}
}

// describe names a file for people.
func describe(file *config.File) string { return cmp.Or(file.Path, "no file: the log sink alone") }
