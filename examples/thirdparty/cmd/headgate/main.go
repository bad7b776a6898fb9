// Headgate with one more sink.
package main

import (
	"os"

	_ "example.com/headgate-otlp"
	"github.com/headgate-dev/headgate/cli"
	"github.com/headgate-dev/headgate/metrics/selfmetrics"
	_ "github.com/headgate-dev/headgate/sinks/lite"
)

func main() { os.Exit(cli.Main(selfmetrics.Serve())) }
