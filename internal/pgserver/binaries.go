//go:build unix

package pgserver

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// errMissing says that this machine has no PostgreSQL.
var errMissing = errors.New("pgserver: initdb and postgres are not on the PATH nor in /usr/lib/postgresql/*/bin; install the package postgresql, or name their directory in PGBIN")

// findBinaries returns the directory that holds initdb and postgres.
func findBinaries() (string, error) {
	var dirs []string
	if dir := os.Getenv("PGBIN"); dir != "" {
		dirs = append(dirs, dir)
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		// initdb looks for postgres beside the file it is, not beside a link to it.
		if real, err := filepath.EvalSymlinks(initdb); err == nil {
			initdb = real
		}
		dirs = append(dirs, filepath.Dir(initdb))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu, Alpine's libexec links here
		"/usr/libexec/postgresql*",          // Alpine
		"/usr/pgsql-*/bin",                  // PGDG on Red Hat
		"/opt/homebrew/opt/postgresql*/bin", // Homebrew
		"/usr/local/opt/postgresql*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		if isProgram(filepath.Join(dir, "initdb")) && isProgram(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	return "", errMissing
}

// version returns the number in a path such as /usr/lib/postgresql/15/bin.
func version(dir string) int {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, dir)
	n, _ := strconv.Atoi(digits)
	return n
}

func isProgram(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// required reports whether a missing PostgreSQL is a failure rather than a reason to skip.
func required() bool {
	for _, name := range []string{"CI", "HEADGATE_REQUIRE_SERVICES"} {
		switch strings.ToLower(os.Getenv(name)) {
		case "", "0", "false", "no", "off":
		default:
			return true
		}
	}
	return false
}
