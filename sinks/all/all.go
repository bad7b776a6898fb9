// Package all imports every sink, so that a program that imports it for its side effect
// knows their types.
package all

import (
	_ "github.com/headgate-dev/headgate/sinks/lite" // all that need no database driver
)
