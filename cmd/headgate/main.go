// Headgate takes events, cleans them, and fans them out to the sinks that sinks.yaml names.
package main

import (
	"os"

	"github.com/headgate-dev/headgate/cli"
	"github.com/headgate-dev/headgate/metrics/selfmetrics"

	_ "github.com/headgate-dev/headgate/sinks/all"
)

func main() { os.Exit(cli.Main(selfmetrics.Serve())) }
