// Package quiet keeps the Snowflake driver from acting by itself.
//
// Merely importing gosnowflake v1 writes a native library to a temporary directory and
// loads it ("minicore"), and on Linux makes the directory ~/.cache/snowflake; its first
// connection calls the metadata services of three clouds to find out where it runs.
// Environment variables are the only way to tell it not to, and the first two have an
// effect only when they are set before its init. So this package sets them in its own,
// those that are not set already:
//
//	SF_DISABLE_MINICORE=true
//	SNOWFLAKE_DISABLE_PLATFORM_DETECTION=true
//
// and, until [Restore] is called, a directory for gosnowflake's cache of credentials that
// cannot be written to. Nothing that headgate signs in with is ever cached.
//
// Packages are initialised in the order of their import paths among those whose imports
// are ready (https://go.dev/ref/spec#Program_initialization). This one imports os alone, and
// its path sorts before github.com/snowflakedb, so that it comes first whoever else
// imports gosnowflake. A test of the driver proves it.
package quiet

import "os"

func init() {
	set("SF_DISABLE_MINICORE", "true")
	set("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")
	hideCache()
}

// set sets a variable unless somebody has, and reports whether it did.
func set(name, value string) bool {
	if _, there := os.LookupEnv(name); there {
		return false
	}
	return os.Setenv(name, value) == nil
}
