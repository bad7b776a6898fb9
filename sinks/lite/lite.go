// Package lite imports the sinks that bring no database driver along, so that a program
// that imports it for its side effect knows their types. The warehouse sink is among them,
// without any of its drivers: import those that are wanted, or package all.
package lite

import (
	_ "github.com/headgate-dev/headgate/sinks/amplitude" // amplitude
	_ "github.com/headgate-dev/headgate/sinks/exec"      // exec
	_ "github.com/headgate-dev/headgate/sinks/ga4"       // ga4
	_ "github.com/headgate-dev/headgate/sinks/http"      // http
	_ "github.com/headgate-dev/headgate/sinks/log"       // log
	_ "github.com/headgate-dev/headgate/sinks/mixpanel"  // mixpanel
	_ "github.com/headgate-dev/headgate/sinks/segment"   // segment
	_ "github.com/headgate-dev/headgate/sinks/warehouse" // warehouse, whose drivers are packages of their own
)
