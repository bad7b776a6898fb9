package quiet

import "os"

const (
	cacheVariable = "SF_TEMPORARY_CREDENTIAL_CACHE_DIR"

	// nowhere is a directory that is always there and takes no file, so that nothing is
	// made. A program that has gosnowflake keep tokens of its own, which takes a
	// sign-in by browser, names a directory itself or has ~/.cache/snowflake already.
	nowhere = "/proc/self"
)

var hidden bool

// hideCache keeps gosnowflake from making its directory of cached credentials, which it
// does when it is imported, whether or not there will be any.
func hideCache() {
	if _, err := os.Stat(cache()); err != nil {
		hidden = set(cacheVariable, nowhere)
	}
}

// cache returns the directory that gosnowflake would make.
func cache() string {
	if dir := os.Getenv("XDG_CACHE_DIR"); dir != "" {
		return dir + "/snowflake"
	}
	return os.Getenv("HOME") + "/.cache/snowflake"
}

// Restore puts the environment back, but for the variables that gosnowflake looks at
// again: what is a directory that takes nothing here must not be one for child processes.
// It is to be called once gosnowflake is initialised.
func Restore() {
	if hidden {
		_ = os.Unsetenv(cacheVariable)
	}
}
