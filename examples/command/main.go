// Greet is a command that is over in a moment, and reports its use all the same: each run stores an
// event, and the last to end starts a process in the background that delivers what waits.
//
//	greet NAME
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/outbox"
	_ "github.com/headgate-dev/headgate/sinks/http"
)

//go:embed sinks.yaml
var sinks []byte

// flushCommand is what the program is started with to deliver.
const flushCommand = "__flush"

func main() {
	if len(os.Args) == 2 && os.Args[1] == flushCommand {
		if telemetry().Flush(context.Background()) != nil {
			os.Exit(1) // what is left waits for the next time
		}
		return
	}
	os.Exit(run(os.Args[1:]))
}

// telemetry says where events wait, and where they go.
func telemetry() outbox.Box {
	dir, _ := outbox.DefaultDir("greet") // without one, Open returns a run that takes nothing
	return outbox.Box{
		Dir:       dir,
		FlushArgs: []string{flushCommand},
		Config: func() core.Config {
			file, problems := config.Load(sinks, config.Options{})
			if len(problems) > 0 {
				return core.Config{DoNotTrack: true}
			}
			return file.Core()
		},
	}
}

// Greeted is what a run reports: its tags name the properties.
type Greeted struct {
	Milliseconds int64  `json:"milliseconds"`
	Success      bool   `json:"success"`
	ErrorKind    string `json:"errorKind,omitempty"`
}

// EventName makes Greeted a payload.
func (Greeted) EventName() string { return "greeted" }

// run runs the command, and returns its exit status.
func run(args []string) int {
	ctx, began := context.Background(), time.Now()
	report, _ := telemetry().Open() // can be used whatever the error says
	defer func() { _ = report.Close(ctx) }()

	err := greet(args)
	event := Greeted{Milliseconds: time.Since(began).Milliseconds(), Success: err == nil}
	if errors.Is(err, errUsage) {
		event.ErrorKind = "usage"
	}
	_ = report.Emit(ctx, event)
	if err != nil {
		fmt.Fprintln(os.Stderr, "greet:", err)
		return 1
	}
	return 0
}

var errUsage = errors.New("usage: greet NAME")

// greet is what the program is for.
func greet(args []string) error {
	if len(args) != 1 || args[0] == "" {
		return errUsage
	}
	_, err := fmt.Printf("Hello, %s!\n", args[0])
	return err
}
