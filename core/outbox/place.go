package outbox

import (
	"errors"
	"os"
	"path/filepath"
)

// DefaultDir is where an app of that name is to have its box unless there is a reason for another
// place: "headgate forget" and "headgate telemetry off" and "purge" look there by themselves.
func DefaultDir(app string) (string, error) {
	if !filepath.IsLocal(app) || app != filepath.Base(app) || app == "." {
		return "", errors.New("outbox: the name of an app must be one of a directory")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, app, "telemetry"), nil
}
