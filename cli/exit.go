package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1 // what was asked for failed
	exitUsage  = 2 // wrong usage, or an invalid configuration
)

// usageError is wrong usage: an unknown flag, a missing argument.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// configError is a configuration that cannot be used.
type configError struct{ err error }

func (e configError) Error() string { return e.err.Error() }
func (e configError) Unwrap() error { return e.err }

var (
	// errFailed ends a command whose output has said already what failed.
	errFailed = errors.New("failed")
	// errInvalid ends a command whose output has said already what is wrong with the configuration.
	errInvalid = configError{errors.New("invalid configuration")}
)

// message is the text of an error without the name of the program, with which the errors
// of core begin and which stands before every message already.
func message(err error) string { return strings.TrimPrefix(err.Error(), "headgate: ") }

// exit reports an error and returns the exit status for it.
func (a *app) exit(cmd *cobra.Command, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case err == errFailed:
		return exitFailed
	case err == error(errInvalid):
		return exitUsage
	case errors.As(err, &usage):
		fmt.Fprintf(a.err, "headgate: %s\nRun \"%s --help\" for usage.\n", visible(message(err)), cmd.CommandPath())
		return exitUsage
	}
	fmt.Fprintf(a.err, "headgate: %s\n", visibleLines(message(err)))
	if errors.As(err, new(configError)) {
		return exitUsage
	}
	return exitFailed
}
