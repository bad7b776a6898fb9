// Package lite imports the sinks that bring no database driver along, so that a program
// that imports it for its side effect knows their types. For the warehouse sink import the
// drivers that are wanted besides, or package all.
package lite

import (
	_ "github.com/headgate-dev/headgate/sinks/amplitude" // amplitude
	_ "github.com/headgate-dev/headgate/sinks/exec"      // exec
	_ "github.com/headgate-dev/headgate/sinks/ga4"       // ga4
	_ "github.com/headgate-dev/headgate/sinks/http"      // http
	_ "github.com/headgate-dev/headgate/sinks/log"       // log
	_ "github.com/headgate-dev/headgate/sinks/mixpanel"  // mixpanel
	_ "github.com/headgate-dev/headgate/sinks/segment"   // segment
)
